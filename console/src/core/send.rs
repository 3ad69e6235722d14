//! Sending a command to a service.

use crate::core::commands::UserCommand;
use crate::core::model::Model;
use crate::core::msg::Effect;

/// Sends a command, or sends it again under the same id.
pub(crate) fn send(model: &mut Model, request_id: &str, user_command: UserCommand) -> Vec<Effect> {
    let issued = model.commands.issue(request_id, user_command);
    model.tell_life(&issued);
    let body = issued.body(&model.settings.operator);
    let (context, endpoint) = (issued.user_command.context(), issued.user_command.endpoint());
    vec![Effect::Send { request_id: issued.request_id, context, endpoint, body }]
}
