use super::*;

fn written(name: &str, text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

fn lists(found: &BasketFile) -> Vec<Vec<&str>> {
    found.baskets.iter().map(|items| items.iter().map(|item| found.labels[*item as usize].as_str()).collect()).collect()
}

#[test]
fn baskets_are_lines_and_items_are_numbers_where_all_are() {
    let (_folder, file) = written("a.dat", b"10 9 10\n\n  2\t9 \n10000000000 9");
    let found = BasketSource::Fimi(file).read().unwrap();
    assert_eq!(found.labels, ["2", "9", "10", "10000000000"]);
    assert_eq!(lists(&found), [vec!["9", "10"], vec!["2", "9"], vec!["9", "10000000000"]]);
}

#[test]
fn a_word_among_numbers_makes_all_of_them_text() {
    let (_folder, file) = written("a.dat", "10 9\nTee 007 7\n".as_bytes());
    let found = BasketSource::Fimi(file).read().unwrap();
    assert_eq!(found.labels, ["007", "10", "7", "9", "Tee"]);
}

#[test]
fn a_word_across_two_reads_is_one_word() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for at in [BLOCK - 3, 2 * BLOCK - 3, 5 * BLOCK - 3] {
        let mut text = vec![b' '; at];
        text.extend_from_slice(b"123456 7\n8");
        let (_folder, file) = written("a.dat", &text);
        let source = BasketSource::Fimi(file);
        assert_eq!(lists(&pool.install(|| source.read()).unwrap()), [vec!["7", "123456"], vec!["8"]]);
    }
}

#[test]
fn threads_change_nothing() {
    let mut text = String::new();
    for line in 0..300_000_u32 {
        text += &format!("{} Tee{} {} \r\n", line % 97, line % 13, (line * 31) % 89);
        text += if line % 7 == 0 { "\n" } else { "" };
    }
    let (_folder, file) = written("a.dat", text.as_bytes());
    let source = BasketSource::Fimi(file);
    let read = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| source.read()).unwrap()
    };
    let (one, three) = (read(1), read(3));
    assert_eq!(one.baskets.n_baskets(), 300_000);
    assert_eq!((one.baskets, one.labels), (three.baskets, three.labels));
}

#[test]
fn rows_of_a_table_are_gathered_by_their_ids() {
    let text = b"customer,order,item\na,bc,Tee\nab,c,Tee\na,bc,Milch\na,bc,Tee\n";
    let (_folder, file) = written("a.csv", text);
    let source = |ids: &[&str], item: &str| BasketSource::Csv {
        file: file.clone(),
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        item: item.to_owned(),
    };
    assert_eq!(lists(&source(&["customer", "order"], "item").read().unwrap()), [vec!["Milch", "Tee"], vec!["Tee"]]);
    let error = source(&["customer"], "product").read().unwrap_err().to_string();
    assert!(error.contains("no column `product`") && error.contains("--item"), "{error}");
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let (_folder, file) = written("a.csv", b"id,item\n1,a\n2, \n");
    let source = BasketSource::Csv { file, ids: vec!["id".to_owned()], item: "item".to_owned() };
    let error = source.read().unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("`item`"), "{error}");
    for text in [&b""[..], b"\n\n \n"] {
        let (_folder, file) = written("a.dat", text);
        assert!(BasketSource::Fimi(file).read().unwrap_err().to_string().contains("no basket"));
    }
    assert!(BasketSource::Fimi("/no/such/file".into()).read().unwrap_err().to_string().contains("cannot be read"));
}
