//! The smallest HTTP/1.1 client: one kept connection, one request after the other. It takes little of the processor that the
//! server under measurement shares with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::Problem;

/// A kept connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self, Problem> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
        })
    }

    /// Writes bytes of a request.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        Ok(self.stream.get_mut().write_all(bytes)?)
    }

    /// Reads one answer whose length is stated.
    pub fn receive(&mut self) -> Result<Answer, Problem> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no status line")?.parse()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }
}

/// A request that posts a body of this length; the body follows.
pub fn head(token: &str, content_type: &str, length: u64, more: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n{more}\r\n"
    )
}

/// A request that posts a GraphQL document.
pub fn post(token: &str, document: &str, variables: &serde_json::Value) -> Vec<u8> {
    let body = serde_json::json!({ "query": document, "variables": variables }).to_string();
    (head(token, "application/json", body.len() as u64, "") + &body).into_bytes()
}
