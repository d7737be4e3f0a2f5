//! Which hosts are fetched: those of the public internet, and those that the operator names.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::link_check::LinkFailure;

/// Networks of version 4 that are not the public internet (IANA's registry of special-purpose addresses), with the lengths of their
/// prefixes. The last one is public, and a cloud's own service for its machines.
const SPECIAL_V4: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// Networks of version 6 that are not the public internet although they lie within 2000::/3, with the lengths of their prefixes:
/// of protocols (Teredo among them), documentation, and 6to4, which leads to any address of version 4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Addresses of version 4 as networks of version 6 alone reach them.
const TRANSLATED_V4: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
/// Global unicast.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

fn within_v4(address: Ipv4Addr, (network, length): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

fn within_v6(address: Ipv6Addr, (network, length): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ network.to_bits()).leading_zeros() >= length
}

/// Whether an address belongs to the public internet.
pub fn is_public(address: IpAddr) -> bool {
    let is_public_v4 = |address: Ipv4Addr| SPECIAL_V4.iter().all(|network| !within_v4(address, *network));
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None if within_v6(address, TRANSLATED_V4) => {
                // The last 32 bits.
                let [.., a, b, c, d] = address.octets();
                is_public_v4(Ipv4Addr::new(a, b, c, d))
            }
            None => within_v6(address, PUBLIC_V6) && SPECIAL_V6.iter().all(|network| !within_v6(address, *network)),
        },
    }
}

/// Which hosts are fetched.
#[derive(Debug, Default)]
pub struct Allowed {
    /// Hosts that may have any address, as a URL writes them.
    private: BTreeSet<String>,
}

impl Allowed {
    /// The public internet, and these hosts: a name, an address, or an address of version 6 in brackets.
    pub fn new(private_hosts: &[String]) -> Self {
        let host = |host: &String| host.to_ascii_lowercase();
        Self {
            private: private_hosts.iter().map(host).collect(),
        }
    }

    /// Whether a host may have any address.
    fn names(&self, host: &str) -> bool {
        self.private.contains(&host.to_ascii_lowercase())
    }

    /// Whether an address may be fetched as far as it tells: of a name the resolver decides.
    ///
    /// # Errors
    /// [`LinkFailure::NotAnAddress`] for other protocols, [`LinkFailure::NotAllowed`] for addresses that are not public and for
    /// those that carry a password.
    pub fn check(&self, url: &Url) -> Result<(), LinkFailure> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(LinkFailure::NotAnAddress);
        }
        let host = url.host_str().ok_or(LinkFailure::NotAnAddress)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LinkFailure::NotAllowed);
        }
        // The URL has brought numbers in whatever form into the usual one.
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(address) if !is_public(address) && !self.names(host) => Err(LinkFailure::NotAllowed),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Resolves names to addresses that may be fetched.
pub(super) struct Resolver(pub Arc<Allowed>);

/// All addresses of a name belong to private networks.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
pub(super) struct NotPublic;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.0);
        Box::pin(async move {
            // The port is the connection's business.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let any = allowed.names(name.as_str());
            let public: Vec<SocketAddr> = found.filter(|one| any || is_public(one.ip())).collect();
            match public.is_empty() {
                true => Err(NotPublic.into()),
                false => Ok(Box::new(public.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_of_a_private_network_is_public_in_whatever_form() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "100::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "223.255.255.255",
            "168.63.129.17",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2400:cb00::1",
            "2a00:1450::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn an_address_is_told_by_what_it_leads_to_and_not_by_how_it_is_written() {
        let allowed = Allowed::new(&["127.0.0.1".to_owned(), "[::1]".to_owned(), "Intranet.Local".to_owned()]);
        let check = |url: &str| allowed.check(&Url::parse(url).unwrap());
        for url in [
            "http://10.0.0.1/",
            "http://0xa000001/",
            "http://167772161/",
            "http://012.1/",
            "http://[::ffff:10.0.0.1]/",
            "http://127.0.0.2/",
            "https://someone:secret@so.example/",
            "https://someone@so.example/",
        ] {
            assert_eq!(check(url), Err(LinkFailure::NotAllowed), "{url}");
        }
        for url in [
            "https://so.example/",
            "http://127.0.0.1:8080/",
            "http://2130706433/",
            "http://[::1]/",
            "http://8.8.8.8/",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in ["ftp://so.example/", "file:///etc/passwd", "data:text/html,x"] {
            assert_eq!(check(url), Err(LinkFailure::NotAnAddress), "{url}");
        }
        assert!(allowed.names("intranet.local") && !allowed.names("local"));
    }

    #[tokio::test]
    async fn a_name_is_told_by_the_addresses_that_it_resolves_to() {
        let resolve = |allowed: Allowed| Resolver(Arc::new(allowed)).resolve("localhost".parse().unwrap());
        let refused = resolve(Allowed::default()).await.err().expect("it is this machine");
        assert!(refused.is::<NotPublic>(), "{refused}");
        let found = resolve(Allowed::new(&["LOCALHOST".to_owned()]))
            .await
            .expect("it is named");
        assert!(found.into_iter().all(|one| one.ip().is_loopback()));
    }
}
