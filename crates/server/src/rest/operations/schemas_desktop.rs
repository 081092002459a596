//! What the documents of workflows, layouts and the system's configuration look like: what an agent's desktop does by itself,
//! and what it shows.

use super::schemas::Shape::{Array, Flag, List, Object, OneOf, Same, Text};
use super::schemas::{Field, Schema, Shape, document, has, may};

/// All of them.
pub(super) static SCHEMAS: &[Schema] = &[
    document("SystemConfig", "SystemConfig", Object(SYSTEM)),
    Schema { is_closed: false, ..document("SystemConfigRequest", "SystemConfig", Object(SYSTEM)) },
    document("ClusterConfig", "ClusterConfig", Object(CLUSTER)),
    Schema { is_closed: false, ..document("ClusterConfigRequest", "ClusterConfig", Object(CLUSTER)) },
    document("EnterpriseDatabaseConfig", "EnterpriseDatabaseConfig", Object(DATABASE)),
    Schema {
        is_closed: false,
        ..document("EnterpriseDatabaseConfigRequest", "EnterpriseDatabaseConfig", Object(DATABASE_REQUEST))
    },
    document("LayoutConfig", "LayoutConfig", Object(DESKTOP)),
    Schema { is_closed: false, ..document("LayoutConfigRequest", "LayoutConfig", Object(DESKTOP)) },
    document("TeamLayoutConfig", "TeamLayoutConfig", Object(TEAM_DESKTOP)),
    Schema {
        is_closed: false,
        ..document("TeamLayoutConfigRequest", "TeamLayoutConfig", Object(TEAM_DESKTOP))
    },
    document("Workflow", "Workflow", Object(WORKFLOW)),
    document("Workflows", "Workflows", List("Workflow", &Same("Workflow"))),
    Schema { is_closed: false, ..document("WorkflowRequest", "Workflow", Object(WORKFLOW_REQUEST)) },
    Schema {
        is_closed: false,
        ..document("WorkflowAssignment", "Workflows", List("Workflow", &Object(BY_URI)))
    },
    document("WorkflowAction", "WorkflowAction", Object(ACTION)),
    document("WorkflowActions", "WorkflowActions", List("WorkflowAction", &Same("WorkflowAction"))),
    Schema {
        is_closed: false,
        ..document("WorkflowActionRequest", "WorkflowAction", Object(ACTION_REQUEST))
    },
    document("MediaPropertiesLayout", "MediaPropertiesLayout", Object(LAYOUT)),
    document(
        "MediaPropertiesLayouts",
        "MediaPropertiesLayouts",
        List("MediaPropertiesLayout", &Same("MediaPropertiesLayout")),
    ),
    Schema {
        is_closed: false,
        ..document("MediaPropertiesLayoutRequest", "MediaPropertiesLayout", Object(LAYOUT_REQUEST))
    },
    Schema {
        is_closed: false,
        ..document(
            "MediaPropertiesLayoutAssignment",
            "MediaPropertiesLayouts",
            List("MediaPropertiesLayout", &Object(BY_URI)),
        )
    },
];

const HOST: &[Field] = &[may("host", Text, "")];
const CTI: &[Field] = &[
    may("host", Text, ""),
    may("port", Text, ""),
    may("backupHost", Text, ""),
    may("backupPort", Text, ""),
    may("peripheralId", Text, ""),
];
const SYSTEM: &[Field] = &[may("cti", Object(CTI), "")];
const CLUSTER: &[Field] = &[may("secondaryNode", Object(HOST), "")];
const DATABASE: &[Field] = &[
    may("host", Text, ""),
    may("backupHost", Text, ""),
    may("port", Text, ""),
    may("backupPort", Text, ""),
    may("databaseName", Text, ""),
    may("domain", Text, ""),
    may("username", Text, ""),
];
const DATABASE_REQUEST: &[Field] = &[
    may("host", Text, ""),
    may("backupHost", Text, ""),
    may("port", Text, ""),
    may("backupPort", Text, ""),
    may("databaseName", Text, ""),
    may("domain", Text, ""),
    may("username", Text, ""),
    may("password", Text, "Not given back."),
];
const DESKTOP: &[Field] = &[has("layoutxml", Text, "A finesseLayout, escaped.")];
const TEAM_DESKTOP: &[Field] = &[
    has("useDefault", Flag, "Whether it is that of everybody."),
    may("layoutxml", Text, "A finesseLayout, escaped."),
];

const BY_URI: &[Field] = &[has("uri", Text, "")];
const VARIABLE: &[Field] = &[has("name", Text, ""), may("node", Text, ""), may("type", Text, "")];
const COMPARISON: &[Field] =
    &[has("Variable", Object(VARIABLE), ""), has("comparator", Text, ""), may("value", Text, "")];
const TRIGGERS: &[Field] = &[
    has("type", Text, ""),
    has("name", Text, ""),
    may("allowOverlappingCallWorkflow", Flag, ""),
    may("triggers", List("Trigger", &Object(COMPARISON)), ""),
];
const CONDITIONS: &[Field] = &[
    has("applyMethod", OneOf(|| vec!["ALL", "ANY"]), ""),
    may("conditions", List("Condition", &Object(COMPARISON)), ""),
];
const NAMED: &[Field] = &[has("name", Text, ""), has("uri", Text, "")];

const WORKFLOW: &[Field] = &[
    may("ConditionSet", Object(CONDITIONS), "What must hold."),
    may("TriggerSet", Object(TRIGGERS), "What it begins with."),
    has("description", Text, ""),
    has("media", Text, ""),
    has("name", Text, ""),
    has("uri", Text, ""),
    has("workflowActions", List("WorkflowAction", &Object(NAMED)), "What is done, in this order."),
];

const WORKFLOW_REQUEST: &[Field] = &[
    may("name", Text, ""),
    may("description", Text, ""),
    may("media", Text, ""),
    may("TriggerSet", Object(TRIGGERS), ""),
    may("ConditionSet", Object(CONDITIONS), ""),
    may("workflowActions", List("WorkflowAction", &Object(BY_URI)), ""),
];

const PARAM: &[Field] = &[has("name", Text, ""), may("value", Text, "")];
const ACTION_VARIABLE: &[Field] =
    &[has("name", Text, ""), may("node", Text, ""), may("testValue", Text, ""), may("type", Text, "")];
const DEED: Shape = OneOf(|| vec!["BROWSER_POP", "HTTP_REQUEST"]);
const HANDLER: Shape = OneOf(|| contact::WorkflowAction::HANDLERS.to_vec());

const ACTION: &[Field] = &[
    has(
        "actionVariables",
        List("ActionVariable", &Object(ACTION_VARIABLE)),
        "What goes into it from the call.",
    ),
    has("handledBy", HANDLER, ""),
    has("name", Text, ""),
    has("params", List("Param", &Object(PARAM)), "Where to, and what."),
    has("type", DEED, ""),
    has("uri", Text, ""),
];

const ACTION_REQUEST: &[Field] = &[
    may("name", Text, ""),
    may("type", DEED, ""),
    may("handledBy", HANDLER, ""),
    may("params", List("Param", &Object(PARAM)), ""),
    may("actionVariables", List("ActionVariable", &Object(ACTION_VARIABLE)), ""),
];

const ENTRY: &[Field] = &[may("displayName", Text, ""), has("mediaProperty", Text, "")];
const HEADER: &[Field] = &[has("entry", Object(ENTRY), "")];
const COLUMN: Shape = List("entry", &Object(ENTRY));

const LAYOUT: &[Field] = &[
    may("column", Array(&COLUMN), "Up to two."),
    has("description", Text, ""),
    may("header", Object(HEADER), "Above the columns."),
    has("name", Text, ""),
    has("type", OneOf(|| vec!["DEFAULT", "CUSTOM"]), ""),
    has("uri", Text, ""),
];

const LAYOUT_REQUEST: &[Field] = &[
    may("name", Text, ""),
    may("description", Text, ""),
    may("header", Object(HEADER), ""),
    may("column", Array(&COLUMN), "Up to two."),
];
