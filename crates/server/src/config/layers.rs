//! The layers over the defaults, and what is said when one cannot be used.

use std::{fmt, fs, path::Path};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Format, Serialized, Toml},
    value::{Dict, Map, Value},
};

pub const DEFAULTS: &str = include_str!("../../../../config/default.toml");

const PREFIX: &str = "BESEDA_";

/// Names the whole file and not a key.
const FILE_VARIABLE: &str = "BESEDA_CONFIG";

/// Names that other programs gave a meaning, with the key they stand for.
const ALIASES: [(&str, &str); 2] =
    [("DATABASE_URL", "database.url"), ("PG_BIN_DIR", "database.bin_dir")];

/// Kubernetes puts such variables into each pod beside a service named `beseda`.
const NOT_SETTINGS: [&str; 2] = ["BESEDA_SERVICE_", "BESEDA_PORT"];

/// Settings that cannot be used, for the person at the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The key, as the person wrote it.
    pub key: String,
    pub wrong: String,
    pub remedy: String,
}

impl Unusable {
    pub fn new(
        key: impl Into<String>,
        wrong: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), wrong: wrong.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "The setting {}: {}. What to do: {}.", self.key, self.wrong, self.remedy)
    }
}

impl std::error::Error for Unusable {}

impl From<figment::Error> for Unusable {
    fn from(error: figment::Error) -> Self {
        let key = error.path.join(".");
        let source = error.metadata.as_ref().map(|m| m.name.to_string());
        let named = match &source {
            Some(source) if source == ENVIRONMENT => variable(&key),
            Some(_) | None => key,
        };
        let wrong = match &error.kind {
            // The value itself is not repeated: it may be a secret.
            Kind::InvalidType(_, wanted) | Kind::InvalidValue(_, wanted) => {
                format!("{wanted} is wanted")
            }
            Kind::UnknownVariant(found, known) => {
                format!("`{found}` is not one of {}", known.join(", "))
            }
            Kind::Message(text) => text.trim_end_matches('.').to_owned(),
            other => other.to_string(),
        };
        Self::new(named, wrong, "correct it; config/default.toml says what each setting means")
    }
}

fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

fn defaults() -> Dict {
    let text = Figment::from(Toml::string(DEFAULTS));
    text.extract().expect("config/default.toml is compiled in and read by a test")
}

fn known(dict: &Dict, above: &str, keys: &mut Vec<String>) {
    for (key, value) in dict {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value.as_dict() {
            Some(inner) => known(inner, &path, keys),
            None => keys.push(path),
        }
    }
}

/// Reads a file and refuses what it does not know.
pub fn file(path: &Path) -> Result<Serialized<Dict>, Unusable> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Unusable::new(&shown, format!("the file cannot be read: {error}"), "check its name")
    })?;
    let dict: Dict = Figment::from(Toml::string(&text)).extract().map_err(|error| {
        Unusable::new(&shown, format!("the file is not TOML: {error}"), "correct that place")
    })?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    known(&defaults(), "", &mut ours);
    known(&dict, "", &mut theirs);
    for key in theirs {
        if !ours.contains(&key) {
            return Err(unknown(&format!("{key} in {shown}"), &key, &ours));
        }
    }
    Ok(Serialized::globals(dict))
}

fn unknown(named: &str, key: &str, ours: &[String]) -> Unusable {
    let last = key.rsplit('.').next().unwrap_or(key);
    let near = ours.iter().find(|k| k.rsplit('.').next() == Some(last));
    let remedy = match near {
        Some(near) => format!("perhaps {near} is meant ({} in the environment)", variable(near)),
        None => "remove it, or see config/default.toml for the right name".to_owned(),
    };
    Unusable::new(named, "there is no such setting", remedy)
}

const ENVIRONMENT: &str = "the environment";

/// The environment's variables as settings. The default's type says how a text is read, so that a
/// password of digits stays a text.
pub struct Environment(Dict);

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named(ENVIRONMENT)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

pub fn environment(variables: &[(String, String)]) -> Result<Environment, Unusable> {
    let defaults = defaults();
    let mut ours = Vec::new();
    known(&defaults, "", &mut ours);
    let mut set = Dict::new();
    for (name, text) in variables {
        let Some(key) = key_of(name) else { continue };
        let path: Vec<&str> = key.split('.').collect();
        let Some(default) = find(&defaults, &path).filter(|v| v.as_dict().is_none()) else {
            return Err(unknown(name, &key, &ours));
        };
        // A name of our own wins over the common one.
        if ALIASES.iter().any(|(alias, _)| alias == name) && find(&set, &path).is_some() {
            continue;
        }
        put(&mut set, &path, typed(default, text));
    }
    Ok(Environment(set))
}

fn key_of(name: &str) -> Option<String> {
    if let Some((_, key)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Some((*key).to_owned());
    }
    if name == FILE_VARIABLE || NOT_SETTINGS.iter().any(|other| name.starts_with(other)) {
        return None;
    }
    Some(name.strip_prefix(PREFIX)?.to_lowercase().replace("__", "."))
}

fn find<'a>(dict: &'a Dict, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let value = dict.get(*first)?;
    if rest.is_empty() { Some(value) } else { find(value.as_dict()?, rest) }
}

fn put(dict: &mut Dict, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        dict.insert((*first).to_owned(), value);
        return;
    }
    let inner = dict.entry((*first).to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = inner {
        put(inner, rest, value);
    }
}

fn typed(default: &Value, text: &str) -> Value {
    let text = text.trim();
    match default {
        Value::Array(..) => {
            let items: Vec<String> =
                text.split(',').map(|i| i.trim().to_owned()).filter(|i| !i.is_empty()).collect();
            Value::from(items)
        }
        Value::Bool(..) => match text.to_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Value::from(true),
            "false" | "0" | "no" | "off" => Value::from(false),
            _ => Value::from(text),
        },
        Value::Num(..) => text
            .parse::<u64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(Value::from))
            .unwrap_or_else(|_| Value::from(text)),
        Value::String(..) | Value::Char(..) | Value::Empty(..) | Value::Dict(..) => {
            Value::from(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::super::{Config, Role, Sources};
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Config, Unusable> {
        let environment =
            variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Config::load(&Sources { file: None, environment })
    }

    fn load_file(text: &str) -> Result<Config, Unusable> {
        let dir = std::env::temp_dir().join(format!("beseda-config-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a folder");
        let file = dir.join(format!("{}.toml", text.len()));
        fs::write(&file, text).expect("a file");
        Config::load(&Sources { file: Some(file), environment: Vec::new() })
    }

    /// No key of the struct has a default of its own, and none is unknown: so this passes only when
    /// the file has exactly the struct's keys.
    #[test]
    fn every_key_stands_in_the_file_of_defaults() {
        let config = load(&[]).expect("the defaults load");
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert!(config.public_url.is_none() && config.database.url.is_none());
        assert_eq!(config.roles, [Role::Api, Role::Worker, Role::Listener]);
    }

    #[test]
    fn the_environment_speaks_last_and_keeps_texts_texts() {
        let config = load(&[
            ("BESEDA_HTTP__LISTEN", "[::1]:9000"),
            ("BESEDA_PUBLIC_URL", "https://chat.example.ru"),
            ("BESEDA_ROLES", "api, worker"),
            ("BESEDA_HTTP__TRUSTED_PROXY", "true"),
            ("BESEDA_DATABASE__ACQUIRE_TIMEOUT", "2"),
            ("BESEDA_OBJECTS__S3__SECRET_KEY", "123456"),
            ("BESEDA_CONFIG", "elsewhere"),
            ("BESEDA_SERVICE_HOST", "10.0.0.1"),
            ("PATH", "/bin"),
        ])
        .expect("loads");
        assert_eq!(config.http.listen.to_string(), "[::1]:9000");
        assert!(config.http.trusted_proxy);
        assert_eq!(config.roles, [Role::Api, Role::Worker]);
        assert_eq!(config.database.acquire_timeout.as_secs(), 2);
        let secret = config.objects.s3.secret_key.expect("set");
        assert_eq!(secret.expose_secret(), "123456");
    }

    #[test]
    fn our_own_name_of_the_database_wins_in_either_order() {
        let (ours, common) = (("BESEDA_DATABASE__URL", "postgres://a"), ("DATABASE_URL", "b"));
        for variables in [[ours, common], [common, ours]] {
            let url = load(&variables).expect("loads").database.url.expect("set");
            assert_eq!(url.expose_secret(), "postgres://a");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        let wrong = load(&[("BESEDA_LISTEN", "1.2.3.4:1")]).expect_err("misspelt");
        assert!(wrong.to_string().contains("BESEDA_LISTEN"), "{wrong}");
        assert!(wrong.remedy.contains("BESEDA_HTTP__LISTEN"), "{wrong}");
        let wrong = load_file("[http]\nlitsen = \"1.2.3.4:1\"\n").expect_err("misspelt");
        assert!(wrong.key.starts_with("http.litsen in "), "{wrong}");
        let wrong = load(&[("BESEDA_HTTP", "x")]).expect_err("a section is no key");
        assert_eq!(wrong.key, "BESEDA_HTTP");
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name_and_without_its_value() {
        for (variable, value) in [
            ("BESEDA_HTTP__LISTEN", "hello"),
            ("BESEDA_PUBLIC_URL", "chat.example.ru"),
            ("BESEDA_PUBLIC_URL", "ftp://chat.example.ru"),
            ("BESEDA_JOBS__LEASE", "0"),
            ("BESEDA_DATABASE__TENANT_CONNECTIONS", "0"),
            ("BESEDA_DATABASE__TENANT_CONNECTIONS", "many"),
            ("BESEDA_ROLES", "api,worm"),
            ("BESEDA_ROLES", ""),
            ("BESEDA_LOG__FORMAT", "xml"),
        ] {
            let wrong = load(&[(variable, value)]).expect_err(variable);
            let named = wrong.key.to_lowercase().replace("beseda_", "").replace("__", ".");
            let wanted = variable.to_lowercase().replace("beseda_", "").replace("__", ".");
            assert!(named.starts_with(&wanted), "{variable}={value}: {wrong}");
        }
        assert!(load_file("this is no toml").is_err());
    }

    #[test]
    fn secrets_are_not_in_the_debug_text() {
        let config = load(&[
            ("BESEDA_KEYS__MASTER", "canary-1"),
            ("DATABASE_URL", "postgres://u:canary-2@h/d"),
            ("BESEDA_OBJECTS__S3__SECRET_KEY", "canary-3"),
        ])
        .expect("loads");
        let text = format!("{config:?}");
        assert!(!text.contains("canary"), "{text}");
    }
}
