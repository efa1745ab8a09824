-- The two e-mails of Hillstrom's experiment.
-- Grain: campaign_id.
-- 64,000 customers were put by chance into three equal groups: one e-mail each, or none. The group without an e-mail is
-- the control of both campaigns.
-- The data has NO DATES, only "two weeks after the e-mail". The dates below are chosen: the two weeks after the data
-- was published (20 March 2008). Nothing depends on them but their order. Costs are not recorded.
SELECT
    'mens_email' AS campaign_id, 'Men''s e-mail' AS name, 'email' AS kind,
    '2008-03-20' AS starts_on, '2008-04-02' AS ends_on, (1 = 1) AS randomised,
    'mens_goods' AS offer_id, 'spend' AS primary_metric
UNION ALL
SELECT
    'womens_email', 'Women''s e-mail', 'email',
    '2008-03-20', '2008-04-02', (1 = 1),
    'womens_goods', 'spend'
