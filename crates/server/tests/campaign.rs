//! Campaigns: the real servers under load, while something goes wrong all the time.

#[path = "campaign/acknowledged.rs"]
mod acknowledged;
#[path = "campaign/audit.rs"]
mod audit;
#[path = "campaign/campaign.rs"]
mod campaign;
#[path = "campaign/crash.rs"]
mod crash;
#[path = "campaign/defects.rs"]
mod defects;
#[path = "campaign/disturb.rs"]
mod disturb;
#[path = "campaign/faults.rs"]
mod faults;
#[path = "it/folder.rs"]
mod folder;
#[path = "campaign/hostile.rs"]
mod hostile;
#[path = "campaign/instances.rs"]
mod instances;
#[path = "campaign/load.rs"]
mod load;
#[path = "campaign/operator.rs"]
mod operator;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "campaign/proxy.rs"]
mod proxy;
#[path = "campaign/random.rs"]
mod random;
#[path = "campaign/raw.rs"]
mod raw;
#[path = "campaign/server.rs"]
mod server;
#[path = "campaign/site.rs"]
mod site;
#[path = "campaign/slow.rs"]
mod slow;
#[path = "campaign/story.rs"]
mod story;
#[path = "campaign/trace.rs"]
mod trace;
