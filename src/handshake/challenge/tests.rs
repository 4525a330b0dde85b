use super::*;

const RFC_7616: &str = "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
    nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
    opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
const RFC_7616_CLIENT: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
const RFC_2617: &str = "Digest realm=\"testrealm@host.com\", \
    nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";

fn strongest(values: &[&str]) -> Option<Challenge> {
    Challenge::strongest(values.iter().copied())
}

fn only(value: &str) -> Challenge {
    strongest(&[value]).unwrap_or_else(|| panic!("{value}"))
}

fn scheme(values: &[&str]) -> Option<String> {
    let answer = strongest(values)?.answer(MUFASA, get("/", 1, "c")).unwrap();
    let name = answer.split(' ').next().unwrap();
    let algorithm = part(&answer, "algorithm").unwrap_or_default();
    Some(format!("{name} {algorithm}").trim().to_owned())
}

fn get<'a>(uri: &'a str, nonce_count: u32, client_nonce: &'a str) -> Asked<'a> {
    Asked {
        method: "GET",
        uri,
        nonce_count,
        client_nonce,
    }
}

const MUFASA: Credentials<'_> = Credentials {
    user: "Mufasa",
    password: "Circle of Life",
};

/// A parameter of an answer, as a server would read it.
fn part(answer: &str, name: &str) -> Option<String> {
    let mut found = None;
    parse::each(answer, &mut |_, parameters| {
        found = parameters.get(name).map(str::to_owned);
    });
    found
}

#[test]
fn rfc_7616_vectors() {
    for (algorithm, response) in [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("MD5-sess", "e783283f46242139c486a698fec7211d"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
        (
            "SHA-256-sess",
            "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
        ),
        // Not in the RFC for these credentials: computed with another program.
        (
            "SHA-512-256",
            "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
        ),
        (
            "SHA-512-256-sess",
            "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e",
        ),
    ] {
        let challenge = only(&format!("Digest {RFC_7616}, algorithm={algorithm}"));
        let asked = get("/dir/index.html", 1, RFC_7616_CLIENT);
        let answer = challenge.answer(MUFASA, asked).unwrap();
        assert_eq!(part(&answer, "response").unwrap(), response, "{algorithm}");
        assert_eq!(
            answer,
            format!(
                "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", \
                 algorithm={algorithm}, qop=auth, nc=00000001, cnonce=\"{RFC_7616_CLIENT}\", \
                 response=\"{response}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        );
    }
}

#[test]
fn rfc_2617_vectors() {
    let mufasa = Credentials {
        password: "Circle Of Life",
        ..MUFASA
    };
    let asked = get("/dir/index.html", 1, "0a4f113b");
    let challenge = only(&format!("{RFC_2617}, qop=\"auth,auth-int\""));
    let answer = challenge.answer(mufasa, asked).unwrap();
    assert_eq!(
        part(&answer, "response").unwrap(),
        "6629fae49393a05397450978507c4ef1"
    );
    // As before RFC 2617: no protection, so nothing of ours is in it.
    let answer = only(RFC_2617).answer(mufasa, asked).unwrap();
    assert_eq!(
        part(&answer, "response").unwrap(),
        "670fd8c2df070c60b045671b8b24ff02"
    );
    for name in ["qop", "nc", "cnonce", "algorithm"] {
        assert_eq!(part(&answer, name), None, "{name}");
    }
}

#[test]
fn the_count_and_the_name_go_out_as_they_must() {
    let challenge = only("Digest realm=r, nonce=n, qop=auth, algorithm=sha-256, charset=utf-8");
    let jason = Credentials {
        user: "Jäsøn Doe",
        password: "Secret, or not?",
    };
    let answer = challenge.answer(jason, get("/", 2, "c")).unwrap();
    assert_eq!(part(&answer, "nc").unwrap(), "00000002");
    assert_eq!(part(&answer, "username").unwrap(), "Jäsøn Doe");
    assert_eq!(
        part(&answer, "response").unwrap(),
        "a6c0b13207ab8ce1a3d9dad0eb5b5784ec7f260f63770bd44883ba017e4cb13d"
    );
}

#[test]
fn quotes_are_taken_off_and_put_on() {
    let challenge = only(r#"Digest realm="a\"b\\c, d=e", nonce="n\o""#);
    assert_eq!(challenge.realm(), r#"a"b\c, d=e"#);
    assert_eq!(challenge.nonce(), Some("no"));
    let quoting = Credentials {
        user: r#"u", realm="x"#,
        password: "",
    };
    let answer = challenge.answer(quoting, get("/?q=\"", 1, "c")).unwrap();
    assert!(
        answer.starts_with(r#"Digest username="u\", realm=\"x", realm="a\"b\\c, d=e","#),
        "{answer}"
    );
    assert_eq!(part(&answer, "uri").unwrap(), "/?q=\"");
}

#[test]
fn the_strongest_counts() {
    let md5 = "Digest realm=r, nonce=n";
    let sha = "Digest realm=r, nonce=n, algorithm=SHA-256";
    let basic = "Basic realm=\"r\"";
    let is = |values: &[&str], expected| {
        assert_eq!(scheme(values).as_deref(), expected, "{values:?}");
    };
    is(&[basic], Some("Basic"));
    is(&[basic, md5], Some("Digest"));
    is(&[md5, basic, sha], Some("Digest SHA-256"));
    let sha512 = "Digest realm=r, nonce=n, algorithm=SHA-512-256";
    is(&[sha, sha512, basic], Some("Digest SHA-512-256"));
    is(&[&[basic, md5, sha].join(", ")], Some("Digest SHA-256"));
    is(&[&[sha, md5, basic].join(" ,, ")], Some("Digest SHA-256"));
    is(&["Negotiate, NTLM, Negotiate YII=, Basic"], Some("Basic"));
    is(&["Bearer realm=\"x\", error=\"y\"", basic], Some("Basic"));
    is(&["bAsIc ReAlM = x"], Some("Basic"));
    is(&["Bearer realm=\"x\""], None);
    is(&["Token"], None);
    is(&[], None);
    let first = only("Digest realm=one, nonce=1, Digest realm=two, nonce=2");
    assert_eq!((first.realm(), first.nonce()), ("one", Some("1")));
}

#[test]
fn what_cannot_be_answered_is_passed_over() {
    for bad in [
        "Digest realm=r",
        "Digest realm=r, nonce=n, algorithm=SHA-512",
        "Digest realm=r, nonce=n, algorithm=",
        "Digest realm=r, nonce=n, qop=auth-int",
        "Digest realm=r, nonce=n, qop=\"other\"",
        "Digest realm=r, nonce=n, algorithm=MD5-sess",
    ] {
        assert_eq!(scheme(&[bad]), None, "{bad}");
        assert_eq!(scheme(&[bad, "Basic"]).as_deref(), Some("Basic"), "{bad}");
    }
    // An empty list protects nothing, as before RFC 2617.
    assert!(strongest(&["Digest realm=r, nonce=n, qop=\"\""]).is_some());
}

#[test]
fn what_is_malformed_is_no_challenge() {
    for bad in [
        "",
        " , ,, ",
        "=",
        "realm=\"x\"",
        "Basic realm=\"x",
        "Basic realm=\"x\\",
        "Basic realm=\"x\" y",
        "Basic realm=x y",
        "Basic x y",
        "Basic, \"realm\"",
        "Basic=x",
        "(Basic)",
        "Digest realm=\"r\", nonce=\"n\", qop=\"auth",
    ] {
        assert_eq!(strongest(&[bad]), None, "{bad:?}");
    }
    assert!(
        strongest(&["Digest realm=\"", "Basic"]).is_some(),
        "others count"
    );
}

#[test]
fn hostile_challenges_are_read_in_linear_time() {
    let huge = format!("Digest realm=r, nonce=\"{}\"", "n".repeat(1 << 20));
    let answer = only(&huge).answer(MUFASA, get("/", 1, "c")).unwrap();
    assert!(answer.len() > 1 << 20);
    let many = "Bearer, ".repeat(10_000) + "Basic realm=last";
    assert_eq!(only(&many).realm(), "last");
    let many = "Digest realm=r, nonce=n, ".repeat(10_000);
    assert_eq!(only(&many).realm(), "r");
    let many = format!("Basic {}", "a=b, ".repeat(100_000));
    assert_eq!(scheme(&[&many]).as_deref(), Some("Basic"));
    for hostile in ["\"", "=", ",", "a ", "a=\"", "\\\"", "Basic x=\""] {
        let hostile = hostile.repeat(100_000);
        let _ = strongest(&[&hostile]);
        let _ = strongest(&[&format!("Basic {hostile}")]);
        let _ = strongest(&[&format!("Basic realm=\"{hostile}")]);
    }
}

#[test]
fn basic_credentials_are_encoded_as_the_server_reads_them() {
    let answer = |value: &str, user, password| {
        let credentials = Credentials { user, password };
        only(value).answer(credentials, get("/", 1, ""))
    };
    let is = |text: &str| Ok(text.to_owned());
    assert_eq!(
        answer("Basic realm=x", "Aladdin", "open sesame"),
        is("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    );
    let utf8 = "Basic realm=foo, charset=\"UTF-8\"";
    assert_eq!(answer(utf8, "test", "123£"), is("Basic dGVzdDoxMjPCow=="));
    assert_eq!(answer("Basic", "test", "123£"), is("Basic dGVzdDoxMjOj"));
    assert_eq!(answer("Basic", "", "€"), is("Basic OuKCrA=="));
    assert_eq!(answer("Basic", "a", "b:c"), is("Basic YTpiOmM="));
    assert_eq!(answer("Basic", "a:b", "c"), Err(InvalidCredentials));
}

#[test]
fn control_characters_never_get_out() {
    for challenge in ["Basic realm=x", "Digest realm=r, nonce=n"] {
        for evil in ["\r\n", "\r", "\n", "\0", "\x7f", "\u{85}"] {
            let text = format!("a{evil}b");
            for (user, password) in [(text.as_str(), ""), ("", text.as_str())] {
                let credentials = Credentials { user, password };
                let answer = only(challenge).answer(credentials, get("/", 1, "c"));
                assert_eq!(answer, Err(InvalidCredentials), "{challenge} {text:?}");
            }
        }
    }
}

#[test]
fn stale_is_told() {
    assert!(only("Digest realm=r, nonce=n, stale=TRUE").is_stale());
    assert!(!only("Digest realm=r, nonce=n, stale=false").is_stale());
    assert!(!only("Digest realm=r, nonce=n").is_stale());
}

#[test]
fn debug_tells_no_secrets() {
    let shown = format!("{MUFASA:?}");
    assert!(
        !shown.contains("Life") && !shown.contains("Mufasa"),
        "{shown}"
    );
}
