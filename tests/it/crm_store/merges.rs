//! A merge of people beside what a CRM tells of them.

use chrono::Utc;
use domain::{
    crm::{CrmId, Entity},
    ids::MergeId,
};
use store::{LinkData, LinkState, LinkWritten, NewLink};
use uuid::Uuid;

use super::company::Enquiry;

/// CRM-4a: a webhook and a merge of the people whom it concerns take links, people and conversations in
/// one order: the later one waits, and neither is broken off.
#[tokio::test(flavor = "multi_thread")]
async fn crm_4a_a_merge_waits_for_a_webhook() {
    let Enquiry { company, portal, channel, conversation, contact, .. } = Enquiry::comes().await;
    let (_, kept) = company.conversation(channel).await;
    let deal = (Entity::Deal, CrmId::from("31"));
    let mut tx = company.tx().await;
    tx.put_crm_link(&NewLink {
        link_id: Uuid::now_v7(),
        portal_id: portal,
        entity: deal.0,
        external_id: deal.1.clone(),
        contact_id: contact,
        conversation_id: Some(conversation),
        data: LinkData::default(),
        state: LinkState::Open,
        written: LinkWritten::default(),
        created_at: Utc::now(),
    })
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let mut hook = company.tx().await;
    assert_eq!(hook.lock_crm_linked(portal, &[deal]).await.unwrap().len(), 1);
    let (mut merging, by) = (company.tx().await, company.employee);
    let merge = tokio::spawn(async move {
        merging.lock_contacts([kept, contact]).await?;
        let id = MergeId(Uuid::now_v7());
        merging.merge_contacts(id, kept, contact, by, Utc::now()).await?;
        merging.commit().await
    });
    company.server.database().until_blocked("the merge waits").await;
    hook.rename_contact(contact, "Мария Петрова").await.unwrap();
    assert_eq!(hook.hold_crm_person(conversation).await.unwrap(), Some(contact));
    hook.commit().await.unwrap();
    merge.await.unwrap().unwrap();
    assert_eq!(company.tx().await.crm_links(portal, kept).await.unwrap().len(), 1);
}
