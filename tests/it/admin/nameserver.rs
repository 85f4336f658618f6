//! A name server on loopback that knows one name.

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

use crate::stack::background;

/// It ends when it is dropped.
pub struct Nameserver {
    address: String,
    task: tokio::task::JoinHandle<()>,
}

impl Nameserver {
    /// Serves these texts under that name, and says of all others that there are none.
    pub fn of(name: &'static str, texts: &[&str]) -> Self {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Nameserver::start(move |question| answer(question, name, &texts))
    }

    /// Says of every name that it cannot find out.
    pub fn failing() -> Self {
        Nameserver::start(|question| {
            let mut answer = answer(question, "", &[]);
            answer.metadata.response_code = ResponseCode::ServFail;
            answer
        })
    }

    fn start(answer: impl Fn(&Message) -> Message + Send + 'static) -> Self {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let task = background().spawn(async move {
            let socket = UdpSocket::from_std(socket).unwrap();
            let mut buffer = [0; 4096];
            loop {
                let (length, asker) = socket.recv_from(&mut buffer).await.unwrap();
                let answer = answer(&Message::from_vec(&buffer[..length]).unwrap());
                socket.send_to(&answer.to_vec().unwrap(), asker).await.unwrap();
            }
        });
        Nameserver { address, task }
    }

    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Nameserver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(question: &Message, name: &str, texts: &[String]) -> Message {
    let query = question.queries.first().unwrap().clone();
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    let is_known = query.name().to_ascii() == format!("{name}.") && query.query_type() == RecordType::TXT;
    if is_known {
        for text in texts {
            // In two pieces, as DNS may cut it.
            let (one, other) = text.split_at(text.len() / 2);
            let data = RData::TXT(TXT::new(vec![one.into(), other.into()]));
            answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
        }
    } else {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
    answer.add_query(query);
    answer
}
