//! Campaigns: the real servers under load, while something goes wrong all the time.

#[path = "campaign/acknowledged.rs"]
mod acknowledged;
#[path = "campaign/audit.rs"]
mod audit;
#[path = "campaign/crash.rs"]
mod crash;
#[path = "it/folder.rs"]
mod folder;
#[path = "campaign/load.rs"]
mod load;
#[path = "campaign/proxy.rs"]
mod proxy;
#[path = "campaign/random.rs"]
mod random;
#[path = "campaign/server.rs"]
mod server;
#[path = "campaign/site.rs"]
mod site;
#[path = "campaign/story.rs"]
mod story;
