//! Configured objects: reason codes, wrap-up reasons, phone books, and which team has which.
//!
//! Everything here is the same for all kinds. Changes are answered when they are in the log; no client hears of them.

use axum::body::Body;
use bytes::Bytes;
use contact::{
    Actor, ApiPath, BodyElement, Command, ConfigDocument, ConfigurationChange, ContactCentre, Group, Kind,
    MediaPropertiesLayout, ObjectId, Refusal, TeamId, UserId,
};
use http::{HeaderValue, Uri};
use tokio::sync::oneshot;

use super::read::{Parameters, readable_user};
use super::reply::Reply;
use super::{Rest, actor};

impl Rest {
    /// `POST /{Kind}`: a new object. 200 with its place.
    ///
    /// - `address`: makes an absolute address of a path.
    pub(super) async fn add_object(
        &self,
        user: UserId,
        kind: Kind,
        address: impl FnOnce(ApiPath) -> HeaderValue,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let body = BodyElement::parse(&body, kind.singular())?;
        let (place, placed) = oneshot::channel();
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            let object = centre.read_new(kind, Group::default(), &body)?;
            let _ = place.send(ApiPath::Object(kind, object.id()));
            Ok((actor, change(ConfigurationChange::Add(object))))
        };
        self.hub.command_with(None, command).await?;
        let path = placed.await.map_err(|_| Refusal::internal("the new object has no place"))?;
        Ok(Reply::Created { location: address(path) })
    }

    /// `PUT /{Kind}/{id}`: changes an object; what the body does not have stays.
    pub(super) async fn change_object(
        &self,
        user: UserId,
        kind: Kind,
        id: ObjectId,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let body = BodyElement::parse(&body, kind.singular())?;
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            Ok((actor, change(ConfigurationChange::Replace(centre.read_changed(kind, id, &body)?))))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// `DELETE /{Kind}/{id}`.
    pub(super) async fn remove_object(
        &self,
        user: UserId,
        kind: Kind,
        id: ObjectId,
    ) -> Result<Reply, Refusal> {
        let command = move |centre: &ContactCentre| {
            Ok((configurer(centre, &user)?, change(ConfigurationChange::Remove { kind, id })))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// `PUT /Team/{id}/{Kinds}`: which objects a team has.
    pub(super) async fn assign_objects(
        &self,
        user: UserId,
        team: TeamId,
        kind: Kind,
        uri: &Uri,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let category = Parameters::of(uri).category_of(kind)?;
        let ids = contact::read_assignment(kind, &body)?;
        let command = move |centre: &ContactCentre| {
            let group = category.map(Group::from);
            let assign = ConfigurationChange::Assign { team, kind, group, ids };
            Ok((configurer(centre, &user)?, change(assign)))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// `PUT /SystemConfig` and its like: changes a document; what the body does not have stays.
    pub(super) async fn change_document(
        &self,
        user: UserId,
        document: ConfigDocument,
        body: Body,
    ) -> Result<Reply, Refusal> {
        let body = self.read_configuration(&user, body).await?;
        let body = BodyElement::parse(&body, document.root())?;
        let command = move |centre: &ContactCentre| {
            let actor = configurer(centre, &user)?;
            let content = centre.read_config_document(document, &body)?;
            Ok((actor, change(ConfigurationChange::ChangeDocument { document, content })))
        };
        self.hub.command_with(None, command).await?;
        Ok(Reply::Done)
    }

    /// The body of a request that only administrators may make. Nobody else's is read.
    pub(super) async fn read_configuration(&self, user: &UserId, body: Body) -> Result<Bytes, Refusal> {
        let user = user.clone();
        self.hub.read(move |centre| configurer(centre, &user).map(drop)).await??;
        self.read_list_body(body).await
    }
}

/// Whoever may change the configuration.
pub(super) fn configurer(centre: &ContactCentre, user: &UserId) -> Result<Actor, Refusal> {
    let actor = actor(centre, user)?;
    centre.may_read_all(&actor)?;
    Ok(actor)
}

pub(super) fn change(change: ConfigurationChange) -> Command {
    Command::Configure(Box::new(change))
}

/// The document of configured objects at `path`, if there is one and `actor` may read it.
pub(super) fn document(
    centre: &ContactCentre,
    actor: &Actor,
    path: &ApiPath,
    parameters: &Parameters,
) -> Result<String, Refusal> {
    match path {
        ApiPath::Objects(kind) => {
            may_read(centre, actor, *kind)?;
            Ok(centre.objects_xml(*kind, parameters.category_of(*kind)?))
        }
        ApiPath::Object(kind, id) => {
            may_read(centre, actor, *kind)?;
            centre.object_xml(*kind, *id).ok_or_else(|| Refusal::not_found(&path.to_string()))
        }
        ApiPath::UserObjects(user, kind) => {
            let user = readable_user(centre, actor, user.as_str())?;
            if *kind == Kind::PhoneBook {
                return Ok(centre.phone_books_xml(user.details.team));
            }
            Ok(centre.visible_xml(user.details.team, *kind, parameters.category_of(*kind)?))
        }
        ApiPath::ConfigDocument(document) => {
            centre.may_read_all(actor)?;
            centre.config_document_xml(*document)
        }
        ApiPath::UserLayoutConfig(user) => {
            let user = readable_user(centre, actor, user.as_str())?;
            centre.layout_of_xml(user.details.team)
        }
        // Everybody's data is shown by it, so everybody may read it.
        ApiPath::DefaultMediaPropertiesLayout => default_layout(centre, path),
        ApiPath::UserMediaPropertiesLayout(user) => {
            readable_user(centre, actor, user.as_str())?;
            default_layout(centre, path)
        }
        ApiPath::UserObject(user, kind, id) => {
            let user = readable_user(centre, actor, user.as_str())?;
            let document = centre.object_xml(*kind, *id);
            let visible = document.filter(|_| centre.is_visible(user.details.team, *kind, *id));
            visible.ok_or_else(|| Refusal::not_found(&path.to_string()))
        }
        ApiPath::TeamObjects(team, kind) => {
            centre.may_read_all(actor)?;
            centre.team(*team).ok_or_else(|| Refusal::invalid_team_assignment(&team.to_string()))?;
            Ok(centre.assigned_xml(*team, *kind, parameters.category_of(*kind)?))
        }
        ApiPath::TeamResource(team, kind) => {
            centre.may_read_team_resources(actor, *team)?;
            centre.team(*team).ok_or_else(|| Refusal::team_not_found(&team.to_string()))?;
            if *kind == Kind::PhoneBook {
                return centre.team_phone_books_xml(*team);
            }
            Ok(centre.visible_xml(Some(*team), *kind, parameters.category_of(*kind)?))
        }
        _ => Err(Refusal::not_found(&path.to_string())),
    }
}

/// The layout of call data that everybody has.
fn default_layout(centre: &ContactCentre, path: &ApiPath) -> Result<String, Refusal> {
    let layout = centre.object_xml(Kind::MediaPropertiesLayout, MediaPropertiesLayout::DEFAULT);
    layout.ok_or_else(|| Refusal::not_found(&path.to_string()))
}

/// Configured objects are for administrators, but for reason codes: every user's document has the address of one.
fn may_read(centre: &ContactCentre, actor: &Actor, kind: Kind) -> Result<(), Refusal> {
    if kind == Kind::ReasonCode { Ok(()) } else { centre.may_read_all(actor) }
}
