//! Somebody's desk: credentials, the web service and a line.

use client::Rest;
use http::Method;
use xmpp::{Element, Password, ns};

use super::board::Viewer;
use super::line::{Listener, Seat};
use super::sighting::{Dialog, text};
use super::{Explained, Player};
use crate::model::{Agent, Name};
use crate::text::Text;

/// One agent's or supervisor's desk.
pub(crate) struct Desk {
    pub(crate) name: Name,
    /// The login id.
    pub(crate) user: String,
    /// Where they are signed in or will be.
    pub(crate) extension: Option<String>,
    pub(crate) password: String,
    pub(crate) rest: Rest,
    pub(crate) listener: Option<Listener>,
    pub(crate) viewer: Viewer,
    /// Whether they are signed out when the scenario begins and when it is over.
    pub(crate) is_tidied: bool,
    is_supervisor: bool,
}

impl Desk {
    /// The extension.
    pub(crate) fn extension(&self) -> Explained<String> {
        let none = || {
            format!("{} has no extension: say it with \"agent {} is … at 2001001\".", self.name, self.name)
        };
        self.extension.clone().ok_or_else(none)
    }

    /// The path of the user, or of something that belongs to the user.
    pub(crate) fn path(&self, behind: &str) -> String {
        format!("/finesse/api/User/{}{behind}", self.user)
    }

    /// The calls in the user's list, by number.
    pub(crate) async fn dialogs(&mut self) -> Explained<Vec<Dialog>> {
        let list = self.document("/Dialogs").await?;
        Ok(list.elements().map(Dialog::read).collect())
    }

    /// Something that the web service tells about the user.
    pub(crate) async fn document(&mut self, behind: &str) -> Explained<Element> {
        let path = self.path(behind);
        self.rest.get(&path).await.map_err(|error| format!("GET {error}"))
    }

    /// The number of the newest call for which `fits` says so.
    pub(crate) async fn newest(&mut self, fits: impl Fn(&Dialog) -> bool) -> Explained<Option<String>> {
        let mut dialogs = self.dialogs().await?;
        dialogs.retain(|dialog| fits(dialog));
        Ok(dialogs.pop().map(|dialog| dialog.id))
    }
}

impl Player<'_> {
    pub(crate) fn desk_index(&self, name: &str) -> Option<usize> {
        self.desks.iter().position(|desk| desk.name == name)
    }

    /// Somebody takes a seat: signed out, with a line if one is wanted.
    pub(crate) async fn sit_down(&mut self, agent: &Agent) -> Explained<()> {
        let user = self.resolve(&agent.user)?;
        let extension = agent.extension.as_ref().map(|text| self.resolve(text)).transpose()?;
        let password = match &agent.password {
            Some(password) => self.resolve(password)?,
            None => self.settings.password.clone(),
        };
        let secret = Password::from(password.as_str());
        let rest = Rest::new(self.settings.connector.clone(), &self.settings.url, Some((&user, &secret)));
        let viewer = self.board.add_viewer();
        self.desks.push(Desk {
            name: agent.name.clone(),
            user,
            extension,
            password,
            rest,
            listener: None,
            viewer,
            is_tidied: agent.has_line,
            is_supervisor: agent.is_supervisor,
        });
        if !agent.has_line {
            return Ok(());
        }
        let desk = self.desks.len() - 1;
        self.tidy(desk).await?;
        self.connect(desk).await
    }

    /// Opens the line of a desk.
    pub(crate) async fn connect(&mut self, index: usize) -> Explained<()> {
        let mut nodes = vec!["/finesse/api/SystemInfo".to_owned()];
        let desk = &mut self.desks[index];
        nodes.push(desk.path(""));
        nodes.push(desk.path("/Dialogs"));
        if desk.is_supervisor {
            let user = desk.document("").await?;
            let teams = user.child("teams", ns::NONE).into_iter().flat_map(Element::elements);
            nodes.extend(teams.map(|team| format!("/finesse/api/Team/{}/Users", text(team, "id"))));
        }
        nodes.extend(self.queues.iter().map(|(_, id)| queue_path(id)));
        let desk = &mut self.desks[index];
        let seat = Seat {
            connector: &self.settings.connector,
            url: &self.settings.url,
            domain: &self.settings.domain,
            user: &desk.user,
            password: &desk.password,
            nodes,
        };
        let listener = Listener::open(seat, self.board.clone(), desk.viewer).await;
        desk.listener = Some(listener.map_err(|error| error.explained(&desk.name))?);
        Ok(())
    }

    /// A queue gets a name; everybody who has a line hears of it.
    pub(crate) async fn add_queue(&mut self, name: &Name, id: &Text) -> Explained<()> {
        let id = self.resolve(id)?;
        let path = queue_path(&id);
        let answer = self.administrator.request(Method::GET, &path, None, None).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("GET {path} is answered with {}.", answer.status));
        }
        for desk in &self.desks {
            if let Some(listener) = &desk.listener {
                let subscribed = listener.subscribe(path.clone()).await;
                subscribed.map_err(|error| format!("{} cannot subscribe to {path}: {error}.", desk.name))?;
            }
        }
        self.queues.push((name.clone(), id));
        Ok(())
    }
}

pub(crate) fn queue_path(id: &str) -> String {
    format!("/finesse/api/Queue/{id}")
}
