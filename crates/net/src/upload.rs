//! A file as a part of a form, streamed. Its length is promised in the request's head before the first
//! byte, so a file that turns out to have another length breaks the request; that is our own fault and
//! no answer of the service, and whoever sent it can tell.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use reqwest::{Body, multipart::Part};

/// Whether one of a request's own files could not be read to its end.
#[derive(Debug, Clone, Default)]
pub struct Broken(Arc<AtomicBool>);

impl Broken {
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn fail(&self, error: io::Error) -> io::Result<Bytes> {
        self.0.store(true, Ordering::Relaxed);
        Err(error)
    }
}

/// What a file is called in a form.
#[derive(Debug, Clone, Copy)]
pub struct PartOf<'a> {
    pub name: &'a str,
    /// One that cannot stand in a header is left out.
    pub mime: &'a str,
    pub size: u64,
}

/// The part, of a stream that is held to its length.
pub fn part<S>(file: PartOf<'_>, bytes: S, broken: &Broken) -> Part
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    let plain = || Part::stream_with_length(Body::from(Vec::new()), 0);
    let body = Body::wrap_stream(exactly(file.size, bytes, broken.clone()));
    let part = Part::stream_with_length(body, file.size);
    let valid = plain().mime_str(file.mime).is_ok();
    let part = if valid { part.mime_str(file.mime).unwrap_or_else(|_| plain()) } else { part };
    part.file_name(file.name.to_owned())
}

fn exactly<S>(
    size: u64,
    bytes: S,
    broken: Broken,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    stream::unfold((bytes, 0_u64, false), move |(mut bytes, seen, ended)| {
        let broken = broken.clone();
        async move {
            if ended {
                return None;
            }
            match bytes.next().await {
                Some(Ok(chunk)) => {
                    let seen = seen + chunk.len() as u64;
                    if seen > size {
                        let error = broken.fail(io::Error::other("longer than promised"));
                        return Some((error, (bytes, seen, true)));
                    }
                    Some((Ok(chunk), (bytes, seen, false)))
                }
                Some(Err(error)) => Some((broken.fail(error), (bytes, seen, true))),
                None if seen < size => {
                    let error = broken.fail(io::Error::other("shorter than promised"));
                    Some((error, (bytes, seen, true)))
                }
                None => None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cv_7_a_file_of_another_length_than_promised_is_our_own_fault() {
        for (size, is_broken) in [(6, false), (5, true), (7, true)] {
            let broken = Broken::default();
            let chunks = [Ok(Bytes::from_static(b"abc")), Ok(Bytes::from_static(b"def"))];
            let read: Vec<_> = exactly(size, stream::iter(chunks), broken.clone()).collect().await;
            assert_eq!(broken.is_so(), is_broken, "{size}");
            assert_eq!(read.iter().any(Result::is_err), is_broken, "{size}");
        }
    }
}
