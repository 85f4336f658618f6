//! The frame around all pages.

use maud::{DOCTYPE, Markup, html};

/// The viewer of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A visitor, who can read.
    Visitor,
    /// A viewer with the operator's token, who can act.
    Operator,
    /// A visitor of a service without a token, where nobody can act.
    ReadOnly,
}

/// A page.
pub fn page(title: &str, viewer: Viewer, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Telecine" }
                link rel="stylesheet" href="/assets/style.css";
                link rel="icon" href="data:,";
                script type="module" src="/assets/live.js" {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                header {
                    a.home href="/" { "Telecine" }
                    nav aria-label="Pages" {
                        a href="/jobs" { "Jobs" }
                        a href="/jobs?state=parked" { "Failures" }
                        @match viewer {
                            Viewer::Visitor => { a href="/login" { "Log in" } }
                            Viewer::Operator => {
                                form method="post" action="/logout" { button.plain { "Log out" } }
                            }
                            Viewer::ReadOnly => {}
                        }
                    }
                    p #live role="status" { "This page does not update by itself" }
                }
                main #main { (content) }
            }
        }
    };
    page.into_string()
}

/// A page that explains the problem with a request.
pub fn problem(title: &str, text: &str) -> String {
    page(title, Viewer::ReadOnly, &html! { h1 { (title) } p { (text) } p { a href="/" { "Back to the overview" } } })
}
