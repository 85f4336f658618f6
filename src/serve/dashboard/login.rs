//! The login page for the operator.

use maud::html;

use super::layout::{Viewer, page};

/// The page; `is_wrong` after a wrong token.
#[must_use]
pub fn login(is_wrong: bool) -> String {
    let content = html! {
        h1 { "Log in" }
        p { "With the operator's token (TELECINE_ADMIN_TOKEN) you can retry and cancel jobs." }
        @if is_wrong { p.wrong role="alert" { "This token is wrong." } }
        form method="post" action="/login" {
            p { label for="token" { "Token" } input #token name="token" type="password" required autocomplete="current-password"; }
            p { button { "Log in" } }
        }
    };
    page("Log in", Viewer::ReadOnly, &content)
}
