//! `telecine accounts create`: creates a user's account on the PDS.

use clap::Args;
use serde_json::json;

use super::super::network::{self, ServerArguments};
use crate::admin::create::{CreatedAccount, CreationPlan, Who, create, plan};
use crate::cli::headings::{OUTPUT, SAFETY, SELECTION};
use crate::cli::outcome::Outcome;
use crate::cli::report::{json, line, say};
use crate::config::Config;
use crate::error::{Result, SyncError};
use crate::remote::Waits;
use crate::remote::mongo::Mongo;

/// Create the PDS account of a user, or the guest account
///
/// By default, only prints the plan. --live carries it out. The handle is the user's handle on the site, or the user's
/// code if that handle is not available. The password is generated and stored in MongoDB before the account is created,
/// so that no account is ever lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  telecine accounts create @jeffrey --email jeffrey@example.com
  telecine accounts create @jeffrey --email jeffrey@example.com --live
  telecine accounts create --guest --email guests@example.com --live")]
pub struct Arguments {
    /// Handle of the user on the site
    #[arg(required_unless_present = "guest", conflicts_with = "guest")]
    handle: Option<String>,
    /// Create the guest account, which owns items made without an account
    #[arg(long, help_heading = SELECTION)]
    guest: bool,
    /// Email address of the account, for password recovery
    #[arg(long, value_name = "ADDRESS", help_heading = SELECTION)]
    email: String,
    /// Carry out the plan instead of only printing it
    #[arg(long, help_heading = SAFETY)]
    live: bool,
    /// Print JSON
    #[arg(long, help_heading = OUTPUT)]
    json: bool,
    #[command(flatten)]
    servers: ServerArguments,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    network::ask(&"accounts", &arguments.servers, async |config, waits| work(arguments, &config, waits).await)
}

async fn work(arguments: &Arguments, config: &Config, waits: Waits) -> Result<Outcome> {
    let mongo = Mongo::connect(config).await?;
    let pds = network::pds(config, waits)?;
    let server = pds.describe().await?;
    let admin_password = if server.needs_invite_code { Some(config.pds_admin_password()?) } else { None };
    let who = arguments.handle.clone().map_or(Who::Guest, Who::Named);
    let plan = plan(&mongo, &pds, &server, &who).await?;
    if let Some(did) = &plan.member.did {
        say(format!("{} has the account {did}; nothing to do", plan.member.owner));
        return Ok(Outcome::NothingToDo);
    }
    if plan.member.pending.is_none() && plan.handles.iter().all(|wish| wish.is_taken) {
        let handles: Vec<_> = plan.handles.iter().map(|wish| wish.handle.as_str()).collect();
        let owner = plan.member.owner.to_string();
        return Err(SyncError::NoHandle { owner, how: "taken", handles: handles.join(" and ") }.into());
    }
    if !arguments.live {
        print_plan(arguments, &plan, server.needs_invite_code);
        return Ok(Outcome::Done);
    }
    let made = create(&mongo, &pds, &plan, &arguments.email, admin_password).await?;
    print_made(arguments, &plan, &made);
    Ok(Outcome::Done)
}

fn print_plan(arguments: &Arguments, plan: &CreationPlan, needs_invite_code: bool) {
    let pending = plan.member.pending.as_ref().map(|pending| pending.handle.as_str());
    if arguments.json {
        let wish = |wish: &crate::admin::create::Wish| json!({ "handle": wish.handle, "taken": wish.is_taken });
        json(&json!({
            "user": plan.member.owner.to_string(),
            "handles": plan.handles.iter().map(wish).collect::<Vec<_>>(),
            "email": arguments.email,
            "inviteCode": needs_invite_code,
            "pending": pending,
        }));
        return;
    }
    line(format!("user     {}", plan.member.owner));
    for (index, wish) in plan.handles.iter().enumerate() {
        let label = if index == 0 { "handle" } else { "else" };
        let taken = if wish.is_taken { ", which is taken" } else { "" };
        line(format!("{label:6}   {}{taken}", wish.handle));
    }
    line(format!("email    {}", arguments.email));
    line(format!("invite   {}", if needs_invite_code { "one code, made for this" } else { "not needed" }));
    if let Some(handle) = pending {
        line(format!("begun    {handle}; an interrupted run stored its password, so it is tried first"));
    }
    say("nothing was created; pass --live to create the account");
}

fn print_made(arguments: &Arguments, plan: &CreationPlan, made: &CreatedAccount) {
    let CreatedAccount { did, handle, was_there } = made;
    if arguments.json {
        let user = plan.member.owner.to_string();
        json(&json!({ "user": user, "did": did, "handle": handle, "wasThere": was_there }));
        return;
    }
    line(format!("{} {handle} {did}", if *was_there { "found" } else { "created" }));
}
