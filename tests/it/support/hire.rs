//! More people of a company.

use serde_json::json;
use uuid::Uuid;

use crate::Session;

impl Session {
    /// Invites somebody of this role and lets them in.
    pub async fn hire(&self, name: &str, role: &str) -> Session {
        let email = format!("{role}-{}@example.test", Uuid::now_v7().simple());
        let invited = self
            .post("/api/v1/invites", &json!({ "email": email, "role": role }), 201)
            .await
            .json();
        let password = "a long enough password";
        let form = json!({ "token": invited["token"], "name": name, "password": password });
        let answer = self.nobody().post("/api/v1/invites/accept", &form, 201).await;
        Session::opened(&self.nobody(), &answer, &email, password)
    }
}
