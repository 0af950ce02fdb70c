//! amoCRM (Kommo): its account API v4, OAuth, webhooks and chats service, behind [`crm::Crm`].
