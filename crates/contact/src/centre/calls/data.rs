//! What is written on a call.

use super::draft::Draft;
use crate::{CallDataChange, DialogId};

impl Draft<'_> {
    /// Writes on a call. Nobody is told if that changes nothing.
    pub(super) fn update_call_data(&mut self, id: DialogId, change: &CallDataChange) {
        self.step_if_different(id, |dialog| {
            dialog.data.change(change);
        });
    }
}
