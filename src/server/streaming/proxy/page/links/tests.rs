use super::*;

const PREFIX: &str = "/p/services/web/proxy";

fn links() -> Links {
    let request = http::Request::get(format!("{PREFIX}/")).header("host", "api:6443").body(());
    let parts = request.expect("a request").into_parts().0;
    Links::new(Way::new(&parts, "/", "web-1:80"))
}

/// What becomes of a page, however it comes in pieces.
fn changed(page: &str) -> String {
    let mut outcomes = [1, 2, 3, 7, usize::MAX].map(|size| {
        let (mut links, mut out) = (links(), Vec::new());
        for piece in page.as_bytes().chunks(size) {
            links.push(piece, &mut out);
        }
        links.finish(&mut out);
        String::from_utf8(out).expect("text")
    });
    outcomes.sort_unstable();
    assert_eq!(outcomes[0], outcomes[4], "pieces make a difference");
    outcomes[0].clone()
}

/// `^` stands for the prefix.
#[track_caller]
fn check(page: &str, expected: &str) {
    assert_eq!(changed(page), expected.replace('^', PREFIX), "{page}");
}

#[test]
fn links_to_own_paths_lead_by_the_proxy() {
    check(r#"<a href="/x">x</a>"#, r#"<a href="^/x">x</a>"#);
    check("<A class=b HREF='/x?a=1&amp;b=2'>", "<A class=b HREF='^/x?a=1&amp;b=2'>");
    check("<img src=/i.png alt=/i.png>", "<img src=^/i.png alt=/i.png>");
    check("<script src=\"/s.js\"></script>", "<script src=\"^/s.js\"></script>");
    check(
        "<form action = \"/f\" ><input formaction='/g'/>",
        "<form action = \"^/f\" ><input formaction='^/g'/>",
    );
    check("<video poster='/p' src='/v'>", "<video poster='^/p' src='^/v'>");
    check("<a href='http://web-1:80/x'>", "<a href='^/x'>");
    check("<a href='https://api:6443/x'>", "<a href='^/x'>");
}

#[test]
fn of_attributes_of_one_name_the_first_counts() {
    check("<a href=/x HREF=/y>", "<a href=^/x HREF=/y>");
    check("<a href=x href=/y>", "<a href=x href=/y>");
    let many = format!("<a {}>", "href=/ ".repeat(8_000));
    assert!(changed(&many).len() < many.len() + 100);
}

#[test]
fn other_links_stay() {
    for page in [
        "<a href=x>",
        "<a href='#top'>",
        "<a href='//elsewhere/x'>",
        "<a href='https://elsewhere/x'>",
        "<a href='/p/services/web/proxy/x'>",
        "<a href>",
        "<a href=>",
        "<a data-href='/x' title='/x'>",
        "<p href='/x'>",
        "<a title=\"href='/x'\">",
    ] {
        check(page, page);
    }
}

#[test]
fn what_is_no_tag_stays() {
    for page in [
        "<!-- <a href='/x'> -->",
        "<!DOCTYPE html>",
        "<?xml href='/x'?>",
        "<script>let a = \"<a href='/x'>\"; if (1 </script",
        "<style>a{background:url(/x)}</style>",
        "<textarea><a href='/x'></textarea>",
        "1 < 2 <",
        "</a href='/x'>",
        "<a href='/x",
    ] {
        check(page, page);
    }
}

#[test]
fn what_follows_is_a_page_again() {
    let link = "<a href='/x'>";
    for before in [
        "<!-- > -- -->",
        "<!-->",
        "<!---->",
        "<!DOCTYPE html>",
        "<script>'</scripty>' </SCRIPT >",
        "<title><</title>",
        "1 < 2 ",
        "<<",
        "<p title='>'>",
        "<p title=a'b>",
        "<a/>",
    ] {
        check(&format!("{before}{link}"), &format!("{before}<a href='^/x'>"));
    }
}

#[test]
fn a_tag_too_long_passes_and_is_not_held() {
    let long = format!("<img alt='{}", "x".repeat(2 * TAG_BYTES_MAX));
    let (mut links, mut out) = (links(), Vec::new());
    links.push(long.as_bytes(), &mut out);
    assert!(out.len() == long.len() && links.tag.is_empty());
    links.push(b"' src='/x'><a href='/x'>", &mut out);
    let end = format!("' src='/x'><a href='{PREFIX}/x'>");
    assert!(out.ends_with(end.as_bytes()));
}
