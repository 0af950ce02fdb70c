//! PDUs: ours are built from rusmpp's types, theirs are read with them as far as peers keep to the
//! protocol. TLVs are read here, because SMSCs leave out closing zeros and send lengths of their own,
//! and one such TLV must not cost the message.
//!
//! Each field of a PDU is given explicitly: `EsmClass::default()` of rusmpp 0.4 has 0x08 on the wire,
//! `RegisteredDelivery::request_all()` 0x1D, and `InterfaceVersion::default()` 0x50.

use bytes::{Buf, Bytes, BytesMut};
use rusmpp::{
    Command, CommandStatus, Pdu,
    decode::DecodeWithLength,
    encode::{Length, owned::Encode},
    pdus::{BindReceiver, BindTransceiver, BindTransmitter, DeliverSm, SubmitSm},
    tlvs::MessageSubmissionRequestTlvValue as Tlv,
    types::{AnyOctetString, COctetString, OctetString},
    values::{EsmClass, InterfaceVersion, MessagePayload, Npi, RegisteredDelivery, Ton},
};
use secrecy::ExposeSecret;

use super::{account::Account, address::Address, udh::Part};

/// Nothing that fits an SMSC is longer: `message_payload` has at most 64 KiB.
pub(crate) const LONGEST: usize = 70_000;
const HEADER: usize = 12;

pub(crate) const GENERIC_NACK: u32 = 0x8000_0000;
pub(crate) const DELIVER_SM: u32 = 0x0000_0005;
pub(crate) const UNBIND: u32 = 0x0000_0006;
pub(crate) const OUTBIND: u32 = 0x0000_000B;
pub(crate) const ENQUIRE_LINK: u32 = 0x0000_0015;
pub(crate) const ALERT_NOTIFICATION: u32 = 0x0000_0102;
/// Set in every answer.
pub(crate) const ANSWER: u32 = 0x8000_0000;

const VERSION_3_4: u8 = 0x34;
/// A receipt for the final outcome, whichever it is.
const RECEIPT: u8 = 0x01;
/// Store and forward by the SMSC's default; 0x40 says that the text begins with a header.
const PLAIN: u8 = 0x00;
const WITH_HEADER: u8 = 0x40;

/// A PDU as it came, with its header read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) id: u32,
    pub(crate) status: u32,
    pub(crate) sequence: u32,
    pub(crate) body: Bytes,
}

impl Frame {
    /// `octets` are without the length.
    pub(crate) fn read(mut octets: BytesMut) -> Option<Self> {
        if octets.len() < HEADER {
            return None;
        }
        let (id, status, sequence) = (octets.get_u32(), octets.get_u32(), octets.get_u32());
        Some(Self { id, status, sequence, body: octets.freeze() })
    }

    pub(crate) fn is_answer(&self) -> bool {
        self.id & ANSWER != 0
    }

    /// The id in a `submit_sm_resp`; empty where there is none.
    pub(crate) fn message_id(&self) -> String {
        String::from_utf8_lossy(until_zero(&self.body)).into_owned()
    }
}

/// Without the length before it.
pub(crate) fn write(pdu: Pdu, status: u32, sequence: u32) -> BytesMut {
    let command = Command::new(CommandStatus::from(status), sequence, pdu);
    let mut octets = BytesMut::with_capacity(command.length());
    command.encode(&mut octets);
    octets
}

/// A field does not fit the protocol, which the settings' check prevents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not fit into SMPP")]
pub(crate) struct DoesNotFit(&'static str);

fn field<const MAX: usize>(
    text: &str,
    name: &'static str,
) -> Result<COctetString<1, MAX>, DoesNotFit> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat()).map_err(|_| DoesNotFit(name))
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Transceiver,
    Receiver,
    Transmitter,
}

pub(crate) fn bind(account: &Account, role: Role) -> Result<Pdu, DoesNotFit> {
    let system_id = field(&account.system_id, "system_id")?;
    let password = field(account.password.expose_secret(), "password")?;
    let system_type = field(&account.system_type, "system_type")?;
    let version = InterfaceVersion::from(VERSION_3_4);
    // TON, NPI and range of addresses are the SMSC's affair: empty means all that the account has.
    let (ton, npi, range) = (Ton::from(0), Npi::from(0), COctetString::null());
    Ok(match role {
        Role::Transceiver => {
            BindTransceiver::new(system_id, password, system_type, version, ton, npi, range).into()
        }
        Role::Receiver => {
            BindReceiver::new(system_id, password, system_type, version, ton, npi, range).into()
        }
        Role::Transmitter => {
            BindTransmitter::new(system_id, password, system_type, version, ton, npi, range).into()
        }
    })
}

/// How a part's octets go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// As they are.
    Plain(Vec<u8>),
    /// With a header before them.
    Headed(Vec<u8>),
    /// With SAR TLVs.
    Sar(Vec<u8>, Part),
    /// In `message_payload`.
    Payload(Vec<u8>),
}

pub(crate) fn submit(
    from: &Address,
    to: &Address,
    data_coding: u8,
    body: Body,
) -> Result<SubmitSm, DoesNotFit> {
    let (esm_class, text, tlvs) = match body {
        Body::Plain(text) => (PLAIN, text, Vec::new()),
        Body::Headed(text) => (WITH_HEADER, text, Vec::new()),
        Body::Sar(text, part) => (
            PLAIN,
            text,
            vec![
                Tlv::SarMsgRefNum(part.reference),
                Tlv::SarTotalSegments(part.total),
                Tlv::SarSegmentSeqnum(part.number),
            ],
        ),
        Body::Payload(text) => (
            PLAIN,
            Vec::new(),
            vec![Tlv::MessagePayload(MessagePayload::new(AnyOctetString::from_vec(text)))],
        ),
    };
    let mut submit = SubmitSm::builder()
        .source_addr_ton(Ton::from(from.ton))
        .source_addr_npi(Npi::from(from.npi))
        .source_addr(field(&from.value, "source_addr")?)
        .dest_addr_ton(Ton::from(to.ton))
        .dest_addr_npi(Npi::from(to.npi))
        .destination_addr(field(&to.value, "destination_addr")?)
        .esm_class(EsmClass::from(esm_class))
        .registered_delivery(RegisteredDelivery::from(RECEIPT))
        .data_coding(data_coding.into())
        .short_message(OctetString::from_vec(text).map_err(|_| DoesNotFit("short_message"))?)
        .build();
    submit.set_tlvs(tlvs);
    Ok(submit)
}

/// A `deliver_sm`, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deliver {
    pub(crate) source: Address,
    pub(crate) destination: String,
    pub(crate) esm_class: u8,
    pub(crate) data_coding: u8,
    /// Of `short_message`, or of `message_payload` where that is empty.
    pub(crate) text: Bytes,
    pub(crate) receipted_id: Option<String>,
    pub(crate) message_state: Option<u8>,
    pub(crate) sar: Option<Part>,
}

const RECEIPTED_MESSAGE_ID: u16 = 0x001E;
const MESSAGE_STATE: u16 = 0x0427;
const MESSAGE_PAYLOAD: u16 = 0x0424;
const SAR_REFERENCE: u16 = 0x020C;
const SAR_TOTAL: u16 = 0x020E;
const SAR_NUMBER: u16 = 0x020F;

/// Reads a `deliver_sm`; `Err` says what cannot be understood.
pub(crate) fn read_deliver(body: &Bytes) -> Result<Deliver, String> {
    let mandatory = mandatory(body).ok_or("the body ends too early")?;
    let (head, tlvs) = body.split_at_checked(mandatory).ok_or("the body ends too early")?;
    let (pdu, _) = <DeliverSm as DecodeWithLength>::decode(&mut BytesMut::from(head), head.len())
        .map_err(|error| format!("a field cannot be read: {:?}", error.kind()))?;
    let mut deliver = Deliver {
        source: Address {
            ton: pdu.source_addr_ton.into(),
            npi: pdu.source_addr_npi.into(),
            value: pdu.source_addr.as_str().trim().to_owned(),
        },
        destination: pdu.destination_addr.as_str().trim().to_owned(),
        esm_class: pdu.esm_class.into(),
        data_coding: pdu.data_coding.into(),
        text: Bytes::copy_from_slice(pdu.short_message().as_ref()),
        receipted_id: None,
        message_state: None,
        sar: None,
    };
    let mut sar = (None, None, None);
    for (tag, value) in Tlvs(tlvs) {
        match (tag, value) {
            (RECEIPTED_MESSAGE_ID, id) => {
                deliver.receipted_id =
                    Some(String::from_utf8_lossy(until_zero(id)).trim().to_owned());
            }
            (MESSAGE_STATE, [state]) => deliver.message_state = Some(*state),
            (MESSAGE_PAYLOAD, text) if deliver.text.is_empty() => {
                deliver.text = Bytes::copy_from_slice(text);
            }
            (SAR_REFERENCE, [high, low]) => sar.0 = Some(u16::from_be_bytes([*high, *low])),
            (SAR_TOTAL, [total]) => sar.1 = Some(*total),
            (SAR_NUMBER, [number]) => sar.2 = Some(*number),
            _ => {}
        }
    }
    if let (Some(reference), Some(total), Some(number)) = sar {
        deliver.sar = Part::of(reference, total, number);
    }
    Ok(deliver)
}

/// Where the TLVs begin (SMPP 3.4, 4.6.1).
fn mandatory(body: &[u8]) -> Option<usize> {
    let text_at = |from: usize| Some(from + body.get(from..)?.iter().position(|o| *o == 0)? + 1);
    let source = text_at(0)? + 2;
    let destination = text_at(source)? + 2;
    let schedule = text_at(destination)? + 3;
    let validity = text_at(schedule)?;
    let length_at = text_at(validity)? + 4;
    Some(length_at + 1 + usize::from(*body.get(length_at)?))
}

/// Tags and values, until one says more than is there.
struct Tlvs<'b>(&'b [u8]);

impl<'b> Iterator for Tlvs<'b> {
    type Item = (u16, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [tag_high, tag_low, high, low, rest @ ..] = self.0 else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((u16::from_be_bytes([*tag_high, *tag_low]), value))
    }
}

fn until_zero(octets: &[u8]) -> &[u8] {
    octets.split(|octet| *octet == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(value: &str) -> Address {
        Address { ton: 1, npi: 1, value: value.to_owned() }
    }

    fn on_the_wire(body: Body) -> Vec<u8> {
        let pdu = submit(&address("7900"), &address("79161234567"), 8, body).expect("it fits");
        write(pdu.into(), 0, 7).to_vec()
    }

    #[test]
    fn ch_11_a_submit_sm_octet_by_octet() {
        let expected: &[&[u8]] = &[
            &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 7],
            &[0, 1, 1],
            b"7900\0",
            &[1, 1],
            b"79161234567\0",
            // esm_class, protocol, priority, schedule, validity, receipt, replace, coding, default
            &[0x00, 0, 0, 0, 0, 0x01, 0, 8, 0],
            &[2, 0x04, 0x36],
        ];
        assert_eq!(on_the_wire(Body::Plain(vec![0x04, 0x36])), expected.concat());
        let headed = on_the_wire(Body::Headed(vec![5, 0, 3, 1, 2, 1]));
        assert_eq!(headed.get(34), Some(&0x40), "esm_class");
    }

    #[test]
    fn ch_11_sar_and_payload_go_as_tlvs() {
        let part = Part { reference: 0x102, total: 3, number: 2 };
        let octets = on_the_wire(Body::Sar(vec![b'x'], part));
        let tlvs = [2, 0x0C, 0, 2, 1, 2, 2, 0x0E, 0, 1, 3, 2, 0x0F, 0, 1, 2];
        assert!(octets.ends_with(&tlvs), "{octets:02x?}");
        let octets = on_the_wire(Body::Payload(vec![b'x'; 300]));
        let tlv = [&[0x04, 0x24, 0x01, 0x2C][..], &[b'x'; 300]].concat();
        assert!(octets.ends_with(&tlv));
    }

    fn delivery(text: &[u8], tlvs: &[u8]) -> Bytes {
        let length = u8::try_from(text.len()).expect("a short text");
        let fields: &[&[u8]] = &[
            &[0, 1, 1],
            b"79161234567\0",
            &[1, 1],
            b"7900\0",
            &[0x04, 0, 0, 0, 0, 0, 0, 8, 0, length],
            text,
            tlvs,
        ];
        fields.concat().into()
    }

    #[test]
    fn ch_11_a_deliver_sm_with_tlvs_that_break_the_rules() {
        // An id without its closing zero, an unknown tag, and one that ends too early.
        let tlvs = [
            &[0x00, 0x1E, 0, 3][..],
            b"abc",
            &[0x14, 0x01, 0, 1, 9],
            &[0x04, 0x27, 0, 1, 2],
            &[0x02, 0x0C, 0, 9, 1],
        ]
        .concat();
        let deliver = read_deliver(&delivery(b"hi", &tlvs)).expect("it is read");
        assert_eq!(deliver.source, address("79161234567"));
        assert_eq!(deliver.destination, "7900");
        assert_eq!((deliver.esm_class, deliver.data_coding), (4, 8));
        assert_eq!(deliver.text.as_ref(), b"hi");
        assert_eq!(deliver.receipted_id.as_deref(), Some("abc"));
        assert_eq!((deliver.message_state, deliver.sar), (Some(2), None));
    }

    #[test]
    fn ch_11_a_payload_is_read_where_the_text_is_empty() {
        let tlvs = [&[0x04, 0x24, 0, 2][..], b"ab"].concat();
        let read = |text| read_deliver(&delivery(text, &tlvs)).expect("it is read").text;
        assert_eq!(read(b"").as_ref(), b"ab");
        assert_eq!(read(b"xy").as_ref(), b"xy");
    }

    proptest! {
        #[test]
        fn ch_11_any_octets_are_survived(octets: Vec<u8>) {
            let _ = read_deliver(&octets.clone().into());
            let _ = Frame::read(BytesMut::from(octets.as_slice()));
        }
    }
}
