//! Translates GraphQL to use cases and back. **Decides nothing**: no rule, no permission, no store.

pub mod allocation;
pub mod analysis;
pub mod appeals;
pub mod assessment;
mod assignments;
mod brought;
mod calendar;
mod cases;
mod checks;
pub mod citations;
mod conclusion_query;
pub mod conclusions;
pub mod content;
pub mod council;
pub mod dossier;
pub mod evidence;
pub mod filing;
pub mod follow_ups;
mod framework_changes;
mod framework_copy;
mod framework_query;
mod framework_replay;
pub mod frameworks;
pub mod ids;
pub mod inputs;
pub mod journal;
pub mod judgement;
mod layout;
pub mod link_checks;
pub mod mappings;
pub mod messages;
pub mod mutation;
pub mod node;
mod pace;
mod paging;
pub mod plain;
pub mod points;
pub mod procedure_comparison;
pub mod procedures;
pub mod query;
mod queue;
mod queue_page;
pub mod reasons;
pub mod register;
pub mod results;
pub mod revision;
pub mod rounds;
pub mod rows;
pub mod scalars;
pub mod series;
mod survey_query;
pub mod surveys;
mod thread;
mod what_if;

use async_graphql::connection::Connection;
use async_graphql::{Context, EmptySubscription, Schema};

use crate::app::Session;

/// The schema that is served.
pub type ApiSchema = Schema<query::Query, mutation::Mutation, EmptySubscription>;

/// Deepest recursion of the library's own validation; the edge weighs documents before.
const RECURSION: usize = 32;

/// Builds the schema. Each request carries its [`Session`].
pub fn schema() -> ApiSchema {
    let (query, mutation) = (query::Query::default(), mutation::Mutation::default());
    Schema::build(query, mutation, EmptySubscription)
        .limit_recursive_depth(RECURSION)
        .override_output_type_description::<Connection<String, register::Unit>>("A page of units.")
        .override_output_type_description::<Connection<String, rounds::Round>>("A page of rounds.")
        .override_output_type_description::<Connection<String, mappings::ColumnMapping>>("A page of column mappings.")
        .override_output_type_description::<Connection<String, procedures::ListedProcedure>>(
            "A page of a list of procedures in force.",
        )
        .override_output_type_description::<Connection<String, cases::CaseEvaluation>>(
            "A page of units whose cases were evaluated.",
        )
        .override_output_type_description::<Connection<String, register::Recusal>>("A page of a round's recusals.")
        .override_output_type_description::<Connection<String, appeals::Appeal>>("A page of appeals.")
        .override_output_type_description::<Connection<String, council::CouncilMeeting>>(
            "A page of meetings of a round's council.",
        )
        .override_output_type_description::<Connection<String, council::CouncilMinutes>>(
            "A page of versions of a meeting's minutes.",
        )
        .override_output_type_description::<Connection<String, conclusions::Conclusion>>("A page of conclusions.")
        .override_output_type_description::<Connection<String, citations::Citation>>("A page of citations.")
        .override_output_type_description::<Connection<String, follow_ups::FollowUp, follow_ups::FollowUpTotal>>(
            "A page of what is asked of units; the count is over all of it.",
        )
        .override_output_type_description::<Connection<String, dossier::Dossier>>("A page of dossiers.")
        .override_output_type_description::<Connection<String, evidence::Evidence>>("A page of a dossier's documents.")
        .override_output_type_description::<Connection<String, journal::JournalEntry>>("A page of a dossier's journal.")
        .override_output_type_description::<Connection<String, revision::Revision>>("A page of a document's revisions.")
        .override_output_type_description::<Connection<String, rows::EvidenceRow>>("A page of a revision's rows.")
        .override_output_type_description::<Connection<String, results::RankingRow>>("A page of a ranking.")
        .override_output_type_description::<Connection<String, results::NodeRankingRow>>(
            "A page of a ranking by a field, criterion or leaf.",
        )
        .finish()
}

/// The schema definition, to the letter what is served.
pub fn sdl() -> String {
    schema().sdl_with_options(async_graphql::SDLExportOptions::new().include_specified_by())
}

/// Who asks.
fn session<'a>(context: &Context<'a>) -> &'a Session {
    context.data_unchecked::<Session>()
}
