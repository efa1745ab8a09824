// The log of a run that is at work: asks every two seconds for the lines after the last, and for the page anew when the run has ended.
(function () {
  "use strict";
  var log = document.getElementById("log");
  if (!log) return;
  var run = log.dataset.run, after = Number(log.dataset.after);
  function add(line) {
    var none = log.querySelector(".none");
    if (none) none.remove();
    var item = document.createElement("li"), time = document.createElement("time");
    time.textContent = line.at.slice(0, 19).replace("T", " ") + " UTC"; time.dateTime = line.at;
    item.append(time, " " + line.text);
    log.append(item);
    after = line.position;
    log.scrollTop = log.scrollHeight;
  }
  function ask() {
    fetch("/api/v1/runs/" + run + "/log?after=" + after, { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (found) {
        if (!found) return;
        found.lines.forEach(add);
        if (found.state !== "running") location.reload();
      })
      .catch(function () {})
      .finally(function () { setTimeout(ask, 2000); });
  }
  ask();
})();
