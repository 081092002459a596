//! Configured objects over REST.

use super::{Answer, Call, Desk, call};

async fn send(desk: &Desk, user: &str, line: &str, body: &str) -> Answer {
    let (method, path) = line.split_once(' ').expect("METHOD path");
    let line = format!("{method} /finesse/api/{path}");
    let headers = [("host", "fin1.example.test:8445"), ("requestId", "c1")];
    desk.send(Call { headers: &headers, body, ..call(&line, user) }).await
}

#[tokio::test]
async fn a_wrap_up_reason_comes_changes_and_goes() {
    let desk = Desk::new().await;
    let body = "<WrapUpReason><label>Won</label><forAll>false</forAll></WrapUpReason>";
    let made = send(&desk, "admin", "POST WrapUpReason", body).await;
    assert_eq!((made.status, made.body.as_str()), (200, ""));
    assert_eq!(made.header("requestid"), Some("c1"));
    let place = made.header("location").expect("a place");
    assert_eq!(place, "https://fin1.example.test:8445/finesse/api/WrapUpReason/6");
    let assigned =
        "<WrapUpReasons><WrapUpReason><uri>/finesse/api/WrapUpReason/6</uri></WrapUpReason></WrapUpReasons>";
    let one = "<WrapUpReason>";
    for (user, line, body, status, expected) in [
        ("admin", "GET WrapUpReason/6", "", 200, "<forAll>false</forAll><label>Won</label>"),
        ("1001001", "GET WrapUpReason/6", "", 401, "Authorization Failure"),
        ("1001001", "GET WrapUpReasons", "", 401, "Authorization Failure"),
        ("1001001", "POST WrapUpReason", body, 401, "Authorization Failure"),
        ("1001001", "DELETE WrapUpReason/6", "", 401, "Authorization Failure"),
        ("1001001", "PUT Team/1/WrapUpReasons", assigned, 401, "Authorization Failure"),
        ("admin", "POST WrapUpReason", body, 400, "Finesse API Error"),
        ("admin", "POST WrapUpReason", one, 400, "Bad Request"),
        ("admin", "POST WrapUpReason", "{}", 400, "Invalid Input"),
        ("admin", "POST WrapUpReason", "<ReasonCode/>", 400, "Invalid Input"),
        ("admin", "GET WrapUpReason", "", 405, "Method Not Allowed"),
        ("admin", "PUT WrapUpReasons", "", 405, "Method Not Allowed"),
        ("admin", "PUT WrapUpReason/6", "<WrapUpReason><label>Gained</label></WrapUpReason>", 200, ""),
        ("admin", "PUT WrapUpReason/6", "<WrapUpReason/>", 400, "Invalid Input"),
        ("admin", "PUT WrapUpReason/99", "<WrapUpReason><label>x</label></WrapUpReason>", 404, "Not Found"),
        ("1001001", "GET User/1001001/WrapUpReason/6", "", 404, "Not Found"),
        ("admin", "PUT Team/1/WrapUpReasons", assigned, 200, ""),
        ("admin", "PUT Team/9/WrapUpReasons", assigned, 404, "finesse.api.team.team_assignment_invalid_team"),
        ("admin", "GET Team/9/WrapUpReasons", "", 404, "finesse.api.team.team_assignment_invalid_team"),
        ("admin", "GET Team/1/WrapUpReasons", "", 200, "<label>Gained</label>"),
        ("admin", "GET Team/2/WrapUpReasons", "", 200, "<WrapUpReasons/>"),
        ("1001001", "GET User/1001001/WrapUpReason/6", "", 200, "<label>Gained</label>"),
        ("1001001", "GET User/1001001/WrapUpReasons?nocache=1", "", 200, "<label>Gained</label>"),
        ("1001001", "GET TeamResource/1/WrapUpReasons", "", 200, "<label>Gained</label>"),
        ("1001001", "GET TeamResource/2/WrapUpReasons", "", 401, "Invalid Authorization"),
        ("1001007", "GET User/1001007/WrapUpReason/6", "", 404, "Not Found"),
        ("1001007", "GET User/1001001/WrapUpReasons", "", 401, "Invalid Authorization User Specified"),
        ("1001", "GET User/1001001/WrapUpReasons", "", 200, "<label>Gained</label>"),
        ("admin", "DELETE WrapUpReason/6", "", 200, ""),
        ("admin", "DELETE WrapUpReason/6", "", 404, "Not Found"),
        ("admin", "GET Team/1/WrapUpReasons", "", 200, "<WrapUpReasons/>"),
    ] {
        let answer = send(&desk, user, line, body).await;
        let shown = format!("{user} {line}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status, status, "{shown}");
        assert!(
            answer.body.contains(expected) && (!expected.is_empty() || answer.body.is_empty()),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn reason_codes_of_a_team() {
    let desk = Desk::new().await;
    let code = "<ReasonCode><category>NOT_READY</category><code>30</code><label>Stock</label>\
                <forAll>false</forAll></ReasonCode>";
    let made = send(&desk, "admin", "POST ReasonCode", code).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let assigned = "<ReasonCodes><ReasonCode><uri>/finesse/api/ReasonCode/7</uri></ReasonCode></ReasonCodes>";
    let not_ready = "<User><state>NOT_READY</state><reasonCodeId>7</reasonCodeId></User>";
    let login = "<User><state>LOGIN</state><extension>2001001</extension></User>";
    for (user, line, body, status, expected) in [
        ("1001001", "PUT User/1001001", login, 202, ""),
        ("1001001", "PUT User/1001001", not_ready, 400, "Invalid Input"),
        ("admin", "PUT Team/1/ReasonCodes", assigned, 400, "Parameter Missing"),
        ("admin", "PUT Team/1/ReasonCodes?category=LOGOUT", assigned, 400, "Finesse API Error"),
        ("admin", "PUT Team/1/ReasonCodes?category=NOT_READY", assigned, 200, ""),
        ("admin", "GET Team/1/ReasonCodes?category=NOT_READY", "", 200, "<label>Stock</label>"),
        ("1001001", "GET User/1001001/ReasonCodes?category=NOT_READY", "", 200, "<label>Stock</label>"),
        ("1001001", "GET TeamResource/1/ReasonCodes?category=NOT_READY", "", 200, "<label>Stock</label>"),
        ("1001001", "GET TeamResource/1/ReasonCodes", "", 400, "Parameter Missing"),
        ("1001001", "PUT User/1001001", not_ready, 202, ""),
        ("admin", "PUT ReasonCode/7", "<ReasonCode><code>0</code></ReasonCode>", 400, "Invalid Input"),
        ("admin", "DELETE ReasonCode/7", "", 200, ""),
        ("1001001", "GET User/1001001", "", 200, "<loginId>1001001</loginId>"),
        ("1001001", "PUT User/1001001", not_ready, 400, "Invalid Input"),
    ] {
        let answer = send(&desk, user, line, body).await;
        let shown = format!("{user} {line}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status, status, "{shown}");
        assert!(answer.body.contains(expected), "{shown}");
    }
}

#[tokio::test]
async fn a_phone_book_with_contacts() {
    let desk = Desk::with(|config| {
        config.contact.contacts_shown_max = 6;
        config.contact.contacts_of_team_max = 6;
        config.contact.contacts_per_phone_book_max = 4;
    })
    .await;
    let book = "<PhoneBook><name>Suppliers</name><type>TEAM</type></PhoneBook>";
    let contact = "<Contact><phoneNumber>5551001</phoneNumber><firstName>Ada</firstName></Contact>";
    let assigned = "<PhoneBooks><PhoneBook><uri>/finesse/api/PhoneBook/2</uri></PhoneBook></PhoneBooks>";
    let full = format!("<Contacts>{}</Contacts>", contact.repeat(4));
    let over = format!("<Contacts>{}</Contacts>", contact.repeat(5));
    let file =
        "\"First Name\",\"Last Name\",\"Phone Number\",\"Notes\"\n\"Ben\",\"Ray\",\"5551002\",\"Night\"\n";
    let made = send(&desk, "admin", "POST PhoneBook", book).await;
    let place = "https://fin1.example.test:8445/finesse/api/PhoneBook/2";
    assert_eq!((made.status, made.header("location")), (200, Some(place)), "{}", made.body);
    let made = send(&desk, "admin", "POST PhoneBook/2/Contact", contact).await;
    let place = "https://fin1.example.test:8445/finesse/api/PhoneBook/2/Contact/5";
    assert_eq!((made.status, made.header("location")), (200, Some(place)), "{}", made.body);
    let changed = "<Contact><lastName>Moss</lastName></Contact>";
    for (user, line, body, status, expected) in [
        ("admin", "GET PhoneBooks", "", 200, "<name>Suppliers</name><type>TEAM</type>"),
        ("1001001", "GET PhoneBooks", "", 401, "Authorization Failure"),
        ("1001001", "PUT PhoneBook/2/Contacts", &*full, 401, "Authorization Failure"),
        ("admin", "GET PhoneBook/2/Contact/5", "", 200, "<phoneNumber>5551001</phoneNumber>"),
        ("admin", "GET PhoneBook/1/Contact/5", "", 404, "Not Found"),
        ("admin", "PUT PhoneBook/1/Contact/5", changed, 404, "Not Found"),
        ("admin", "POST PhoneBook/9/Contact", contact, 404, "Not Found"),
        ("admin", "POST PhoneBook/2/Contact", changed, 400, "Parameter Missing"),
        ("admin", "PUT PhoneBook/2/Contact/5", changed, 200, ""),
        ("admin", "GET PhoneBook/2/Contacts", "", 200, "<firstName>Ada</firstName><lastName>Moss</lastName>"),
        ("1001001", "GET User/1001001/PhoneBooks", "", 200, "<name>Company</name>"),
        ("1001001", "GET User/1001001/PhoneBook/2/Contacts", "", 404, "Not Found"),
        ("admin", "PUT Team/1/PhoneBooks", assigned, 200, ""),
        ("1001001", "GET User/1001001/PhoneBook/2/Contacts", "", 200, "<lastName>Moss</lastName>"),
        ("1001001", "GET TeamResource/1/PhoneBooks", "", 200, "<lastName>Moss</lastName>"),
        ("admin", "PUT PhoneBook/2/Contacts", &*over, 400, "Maximum Exceeded"),
        ("admin", "PUT PhoneBook/2/Contacts", &*full, 200, ""),
        ("admin", "POST PhoneBook/2/Contact", contact, 400, "Maximum Exceeded"),
        ("admin", "GET PhoneBook/2/Contact/5", "", 404, "Not Found"),
        ("1001001", "GET TeamResource/1/PhoneBooks", "", 416, "Range Not Satisfiable"),
        ("1001001", "GET User/1001001/PhoneBooks", "", 200, "<uri>/finesse/api/PhoneBook/2/Contact/7</uri>"),
        ("admin", "PUT PhoneBook/2/Contacts/csvFileContent", "First Name\nAda\n", 400, "Parameter Missing"),
        ("admin", "POST PhoneBook/2/Contacts/csvFileContent", file, 202, ""),
        ("1001001", "GET User/1001001/PhoneBook/2/Contacts", "", 200, "<description>Night</description>"),
        ("admin", "DELETE PhoneBook/2/Contact/10", "", 200, ""),
        ("admin", "GET PhoneBook/2/Contacts", "", 200, "<Contacts/>"),
        ("admin", "DELETE PhoneBook/2", "", 200, ""),
        ("admin", "GET PhoneBook/2/Contacts", "", 404, "Not Found"),
        ("admin", "GET Team/1/PhoneBooks", "", 200, "<PhoneBooks/>"),
    ] {
        let answer = send(&desk, user, line, body).await;
        let shown = format!("{user} {line}: {} {}", answer.status, answer.body);
        assert_eq!(answer.status, status, "{shown}");
        assert!(answer.body.contains(expected), "{shown}");
    }
}
