//! Pages of hal+json: nothing at all is 204, and only the `next` link tells that there is more.

use serde_json::{Value, json};

use super::{
    answer::{Answer, Refusal, Reply},
    php::Query,
    shape::Shape,
};

pub(super) struct Page {
    number: usize,
    limit: usize,
}

impl Page {
    /// `page` and `limit`; `most` is 250 but for a few lists.
    pub(super) fn asked(query: &Query, most: usize) -> Result<Self, Refusal> {
        let positive = |name: &str, default: usize| match query.one(name) {
            None => Ok(default),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| Refusal::new(400, format!("{name} should be a positive number"))),
        };
        let limit = positive("limit", 50)?;
        if limit > most {
            return Err(Refusal::new(400, format!("limit should be {most} or less")));
        }
        Ok(Self { number: positive("page", 1)?, limit })
    }

    /// Of all that is there the part that was asked for, each made into its shape.
    pub(super) fn answer<T>(
        &self,
        shape: &Shape<'_>,
        path: &str,
        query: &Query,
        name: &str,
        all: &[T],
        show: impl Fn(&T) -> Value,
    ) -> Answer {
        let from = (self.number - 1).saturating_mul(self.limit);
        let rest = all.get(from..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(Reply::Nothing);
        }
        let shown: Vec<Value> = rest.iter().take(self.limit).map(show).collect();
        let link = |page: usize| json!({"href": self.link(shape.base, path, query, page)});
        let mut links = json!({"self": link(self.number)});
        if rest.len() > self.limit {
            links["next"] = link(self.number + 1);
        }
        if self.number > 1 {
            links["first"] = link(1);
            links["prev"] = link(self.number - 1);
        }
        let mut answer = json!({
            "_page": self.number, "_links": links, "_embedded": {name: shown},
        });
        // Leads and contacts are not counted.
        if matches!(name, "users" | "custom_fields" | "links") {
            answer["_total_items"] = json!(all.len());
            answer["_page_count"] = json!(all.len().div_ceil(self.limit));
        }
        Ok(Reply::Hal(answer))
    }

    fn link(&self, base: &str, path: &str, query: &Query, page: usize) -> String {
        let others = query.raw.split('&').filter(|pair| {
            !pair.is_empty() && !pair.starts_with("page=") && !pair.starts_with("limit=")
        });
        let mut pairs: Vec<String> = others.map(str::to_owned).collect();
        pairs.push(format!("page={page}"));
        pairs.push(format!("limit={}", self.limit));
        format!("{base}/{path}?{}", pairs.join("&"))
    }
}
