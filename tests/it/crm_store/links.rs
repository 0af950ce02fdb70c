//! What of the CRM belongs to whom here.

use chrono::Utc;
use domain::{
    crm::{CrmId, Entity},
    ids::MergeId,
};
use store::{LinkData, LinkState, LinkWritten, NewLink};
use uuid::Uuid;

use super::company::Enquiry;

/// AMO-3: an entity is linked once per person; what this conversation belongs to is found from the
/// CRM's side; a merge of two people takes their links along and back.
#[tokio::test]
async fn amo_3_links_are_kept_once_and_follow_a_merge() {
    let Enquiry { company, portal, channel, integration, conversation, contact } =
        Enquiry::comes().await;
    let (theirs, other) = company.conversation(channel).await;
    let link = |entity, id: &str, contact_id, state| NewLink {
        link_id: Uuid::now_v7(),
        portal_id: portal,
        entity,
        external_id: id.into(),
        contact_id,
        conversation_id: None,
        data: LinkData { name: Some(format!("{id}!")), ..LinkData::default() },
        state,
        written: LinkWritten::default(),
        created_at: Utc::now(),
    };
    let mut tx = company.tx().await;
    tx.put_crm_link(&link(Entity::Deal, "31", contact, LinkState::Open)).await.unwrap();
    tx.put_crm_link(&link(Entity::Deal, "31", contact, LinkState::Closed)).await.unwrap();
    tx.put_crm_link(&link(Entity::Contact, "8", other, LinkState::Open)).await.unwrap();
    let rows = tx.crm_links(portal, contact).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.state).collect::<Vec<_>>(), [LinkState::Closed]);
    let mut enquiry = tx.lock_crm_enquiry(integration, conversation).await.unwrap();
    enquiry.uses.insert(Entity::Deal, "31".into());
    enquiry.passed_position = 4;
    tx.save_crm_enquiry(&enquiry).await.unwrap();
    tx.choose_crm_deal(integration, conversation, &CrmId::from("32")).await.unwrap();
    tx.save_crm_enquiry(&enquiry).await.unwrap();
    tx.took_chosen_crm_deal(integration, conversation, &CrmId::from("31")).await.unwrap();
    let kept = tx.crm_enquiry(integration, conversation).await.unwrap().unwrap();
    assert_eq!((kept.passed_position, kept.chosen_deal), (4, Some("32".into())), "a choice stays");
    let using = tx.conversation_using(portal, contact, Entity::Deal, &"31".into()).await.unwrap();
    assert_eq!(using, Some(conversation));
    let using = tx.conversation_using(portal, other, Entity::Deal, &"31".into()).await.unwrap();
    assert_eq!(using, None, "each person is told of their own conversation");
    tx.lock_contacts([contact, other]).await.unwrap();
    let merge = MergeId(Uuid::now_v7());
    tx.merge_contacts(merge, contact, other, company.employee, Utc::now()).await.unwrap();
    assert_eq!(tx.crm_links(portal, contact).await.unwrap().len(), 2);
    assert_eq!(tx.hold_crm_person(theirs).await.unwrap(), Some(contact));
    // A deal that was made meanwhile for the conversation that goes back, and one of the kept person.
    let mut made_since = link(Entity::Deal, "55", contact, LinkState::Open);
    made_since.conversation_id = Some(theirs);
    tx.put_crm_link(&made_since).await.unwrap();
    let made = tx.merge(merge).await.unwrap().unwrap();
    assert!(tx.undo_merge(&made, Utc::now()).await.unwrap());
    assert_eq!(tx.crm_links(portal, contact).await.unwrap().len(), 2);
    let back = tx.crm_ids_of(portal, other, Entity::Deal).await.unwrap();
    assert_eq!(back, [CrmId::from("55")], "or the next message would make it again");
    let told = [(Entity::Deal, "55".into()), (Entity::Deal, "56".into())];
    let ours = tx.lock_crm_linked(portal, &told).await.unwrap();
    assert_eq!(ours.into_iter().collect::<Vec<_>>(), [(Entity::Deal, CrmId::from("55"))]);
    assert_eq!(tx.crm_ids_of(portal, other, Entity::Contact).await.unwrap(), [CrmId::from("8")]);
    tx.commit().await.unwrap();
}
