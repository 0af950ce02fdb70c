//! What can be asked of a CRM, and what it answers. An adapter turns each into calls.

use serde::{Deserialize, Serialize};

use super::{CrmId, DealFact, FoundContact, facts::UnsortedState};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Question {
    /// Contacts with one of these; E.164 and lower-case addresses. Matches are verified by the adapter
    /// on the contact's own fields, because searches are fuzzy.
    FindContact {
        phones: Vec<String>,
        emails: Vec<String>,
    },
    /// One contact as it is now.
    Contact {
        id: CrmId,
    },
    /// Deals of a contact. `ids`: those that the contact's answer named, where it did.
    DealsOf {
        contact: CrmId,
        ids: Option<Vec<CrmId>>,
    },
    /// Bitrix24: leads of a client.
    LeadsOf {
        contact: Option<CrmId>,
        phones: Vec<String>,
        emails: Vec<String>,
    },
    /// Bitrix24: companies.
    FindCompany {
        phones: Vec<String>,
        emails: Vec<String>,
    },
    TaskDone {
        id: CrmId,
    },
    ActivityDone {
        id: CrmId,
    },
    /// What became of a record of «Неразобранное». `deal`: the one inside it, which tells whether a
    /// record that is no longer there was accepted or declined.
    Unsorted {
        uid: CrmId,
        deal: Option<CrmId>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "is", rename_all = "snake_case")]
pub enum Answer {
    Contacts(Vec<FoundContact>),
    Contact(Option<FoundContact>),
    Deals(Vec<DealFact>),
    Leads(Vec<DealFact>),
    Companies(Vec<CrmId>),
    TaskDone(bool),
    ActivityDone(bool),
    Unsorted(UnsortedState),
}

impl super::Known {
    /// Keeps an answer.
    pub fn learn(&mut self, answer: Answer) {
        use super::Asked::Is;
        match answer {
            Answer::Contacts(found) => self.contacts = Is(found),
            Answer::Contact(found) => self.contact = Is(found),
            Answer::Deals(deals) => self.deals = Is(deals),
            Answer::Leads(leads) => self.leads = Is(leads),
            Answer::Companies(companies) => self.companies = Is(companies),
            Answer::TaskDone(done) => self.task_done = Is(done),
            Answer::ActivityDone(done) => self.activity_done = Is(done),
            Answer::Unsorted(state) => self.unsorted = Is(state),
        }
    }
}
