//! Bad input over real HTTP: a code, the field or rule, a message in both languages that says what to do, and nothing
//! changed - journal, heads, documents and files are the same to the byte before and after.

mod documents;
mod figures;
mod people;
mod queries;
mod reviews;
mod rounds;
mod uploads;

use reqwest::RequestBuilder;

use crate::world::{Answer, World};

/// Sends the same bad request in English and in Vietnamese, and holds the answers and the store against what is
/// expected: `what` is the field or the rule, `says` a part of the English message.
pub async fn refused(
    world: &World,
    case: &str,
    request: impl Fn() -> RequestBuilder,
    (code, what): (&str, &str),
    says: &str,
) {
    let before = world.kept();
    assert!(before.len() > 20, "nothing is looked at");
    let english = Answer::to(request().header("accept-language", "en")).await;
    let vietnamese = Answer::to(request().header("accept-language", "vi")).await;
    let [english, translated] = [(&english, "en"), (&vietnamese, "vi")].map(|(answer, language)| {
        let Some((found, found_what, message)) = answer.refusal(language) else {
            panic!("{case}: no error in {}", answer.data);
        };
        assert_eq!((found.as_str(), found_what.as_str()), (code, what), "{case}: {message}");
        message
    });
    assert!(english.contains(says), "{case}: {english:?} does not say {says:?}");
    assert!(
        !translated.is_ascii() && translated != english,
        "{case}: not Vietnamese: {translated:?}"
    );
    assert_unchanged(world, &before, case);
}

/// Nothing that lasts is another than before.
#[track_caller]
pub fn assert_unchanged(world: &World, before: &crate::kept::Kept, case: &str) {
    let difference = before.difference(&world.kept());
    assert!(difference.is_empty(), "{case} changed {difference:?}");
}
