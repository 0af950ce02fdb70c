//! Arguments of a call: query string, JSON, form or multipart, brought to one shape.
//!
//! As on the official server every argument is text; JSON values that are not strings keep their
//! JSON form, and whoever needs structure parses it.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{header::CONTENT_TYPE, request::Parts},
};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::answer::Refusal;

#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    args: BTreeMap<String, String>,
    files: BTreeMap<String, Upload>,
    /// Parts without a file name; `attach://` may still mean one of them.
    plain: BTreeMap<String, Upload>,
}

#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub file_name: Option<String>,
    pub mime: Option<String>,
    pub bytes: Bytes,
}

impl Params {
    pub(super) async fn read(parts: Parts, body: Bytes) -> Result<Self, Refusal> {
        let mut params = Self::default();
        params.read_form(parts.uri.query().unwrap_or_default().as_bytes());
        let kind = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if kind.starts_with("application/json") {
            params.read_json(&body)?;
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            params.read_form(&body);
        } else if kind.starts_with("multipart/form-data") {
            params.read_multipart(parts, body).await?;
        } else if !body.is_empty() {
            return Err(Refusal::bad_request("can't parse the body: unsupported Content-Type"));
        }
        Ok(params)
    }

    pub(super) fn from_json(value: &Value) -> Self {
        let mut params = Self::default();
        for (name, value) in value.as_object().into_iter().flatten() {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            params.args.insert(name.clone(), text);
        }
        params
    }

    fn read_json(&mut self, body: &[u8]) -> Result<(), Refusal> {
        if body.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_slice(body)
            .map_err(|_| Refusal::bad_request("can't parse JSON object"))?;
        match value {
            Value::Null => Ok(()),
            Value::Object(_) => {
                self.args.append(&mut Self::from_json(&value).args);
                Ok(())
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(Refusal::bad_request("the body must be a JSON object"))
            }
        }
    }

    fn read_form(&mut self, form: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(form) {
            self.args.insert(name.into_owned(), value.into_owned());
        }
    }

    async fn read_multipart(&mut self, parts: Parts, body: Bytes) -> Result<(), Refusal> {
        let broken = |_| Refusal::bad_request("can't parse multipart form data");
        let request = Request::from_parts(parts, Body::from(body));
        let mut form = Multipart::from_request(request, &())
            .await
            .map_err(|_| Refusal::bad_request("can't parse multipart form data"))?;
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let mime = field.content_type().map(str::to_owned);
            let bytes = field.bytes().await.map_err(broken)?;
            // A part is a file when it says so by a name or a type of its own.
            let plain = mime.as_deref().is_none_or(|mime| mime.starts_with("text/plain"));
            if file_name.is_none() && plain {
                self.args.insert(name.clone(), String::from_utf8_lossy(&bytes).into_owned());
                self.plain.insert(name, Upload { file_name, mime, bytes });
            } else {
                self.files.insert(name, Upload { file_name, mime, bytes });
            }
        }
        Ok(())
    }

    /// An argument that was given and is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.args.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub(super) fn yes(&self, name: &str) -> bool {
        self.text(name)
            .is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "1"))
    }

    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let broken = || Refusal::bad_request(format!("can't parse {name} JSON object"));
        serde_json::from_str(text).map(Some).map_err(|_| broken())
    }

    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name)
    }

    pub(super) fn attached(&self, name: &str) -> Option<&Upload> {
        self.files.get(name).or_else(|| self.plain.get(name))
    }

    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, value) in &self.args {
            hash.update((name.len() as u64).to_be_bytes());
            hash.update(name);
            hash.update((value.len() as u64).to_be_bytes());
            // Clients name attached parts at random.
            if !value.contains("attach://") {
                hash.update(value);
            }
        }
        let mut files: Vec<_> =
            self.files.values().map(|file| Sha256::digest(&file.bytes)).collect();
        files.sort();
        for file in files {
            hash.update(file);
        }
        hex::encode(hash.finalize())
    }
}
