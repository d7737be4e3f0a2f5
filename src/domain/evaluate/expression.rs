//! Formulas over the inputs.

use super::measure::empty;
use super::points::{exact_constant, share};
use super::{Facts, Missing, MissingCode, Points, Stop};
use crate::domain::exact::Exact;
use crate::domain::explain::wording::text;
use crate::domain::explain::{Explanation, Operation};
use crate::domain::formula::{Binary, Expression, Formula};
use crate::domain::rule::{Expressions, FormulaRule, Variants};
use crate::domain::text::Text;

/// The points of a formula; its value is held between 0 and 1.
pub(super) fn formula(rule: &FormulaRule, maximum: &Exact, facts: &Facts<'_>) -> Points {
    if let Some(input) = rule
        .empty_when_zero
        .as_deref()
        .filter(|input| facts.number(input).is_zero())
    {
        return empty(input, rule.when_empty, maximum, facts);
    }
    match &rule.expressions {
        Expressions::One(formula) => {
            let ratio = value(formula, facts)?;
            let because = text(|language| format!("{formula} = {}", language.percent(&ratio.result)));
            Ok(share(maximum, ratio, &because))
        }
        Expressions::Several(variants) => variant(variants, maximum, facts),
    }
}

/// The points of the variant that is chosen, under the answer that chose it.
fn variant(variants: &Variants, maximum: &Exact, facts: &Facts<'_>) -> Points {
    let input = &variants.input;
    let Some(chosen) = variants.chosen(facts.value(input)) else {
        return Err(Stop::Missing(vec![no_variant(input, facts)]));
    };
    let ratio = value(&chosen.expression, facts)?;
    let (asked, name) = (facts.name(input), &chosen.name);
    let one = exact_constant(&Exact::one(), ("được chọn", "chosen"));
    let case = Explanation::case(&chosen.code, one, name.clone());
    let answer = text(|language| format!("{}: {}", language.of(&asked), language.of(name)));
    let answer = Explanation::of(Operation::Chosen, vec![facts.input(input), case], answer);
    let because = text(|language| {
        let percent = language.percent(&ratio.result);
        format!("{}; {} = {percent}", language.of(&answer.text), chosen.expression)
    });
    let ratio = Explanation::of(Operation::Then, vec![answer, ratio], because.clone());
    Ok(share(maximum, ratio, &because))
}

fn no_variant(input: &str, facts: &Facts<'_>) -> Missing {
    let name = facts.name(input);
    Missing {
        input: input.to_owned(),
        code: MissingCode::InvalidValue,
        items: Vec::new(),
        message: Text::new(
            format!("{}: không có cách tính nào cho lựa chọn này", name.vi),
            format!("{}: no variant of the formula is for this option", name.en),
        ),
    }
}

/// The value of a formula, unless it divides by zero.
fn value(formula: &Formula, facts: &Facts<'_>) -> Points {
    expression(formula.expression(), facts).map_err(|()| {
        let message = Text::new(
            format!("công thức {formula} chia cho 0"),
            format!("the formula {formula} divides by zero"),
        );
        let input = formula.inputs().first().copied().unwrap_or_default().to_owned();
        Stop::Missing(vec![Missing {
            input,
            code: MissingCode::EmptyDenominator,
            items: Vec::new(),
            message,
        }])
    })
}

/// The tree of an expression; an error is a division by zero that could not be avoided.
fn expression(node: &Expression, facts: &Facts<'_>) -> Result<Explanation, ()> {
    let all = |nodes: &[Expression]| {
        nodes
            .iter()
            .map(|node| expression(node, facts))
            .collect::<Result<Vec<_>, ()>>()
    };
    match node {
        Expression::Number(number) => Ok(Explanation::constant(number, text(|language| language.number(number)))),
        Expression::Input(code) => Ok(facts.input(code)),
        Expression::Negate(inner) => {
            let inner = expression(inner, facts)?;
            let sentence = text(|language| format!("−({})", language.number(&inner.result)));
            Ok(Explanation::of(Operation::Negate, vec![inner], sentence))
        }
        Expression::Minimum(nodes) => Ok(listed(Operation::Minimum, "min", all(nodes)?)),
        Expression::Maximum(nodes) => Ok(listed(Operation::Maximum, "max", all(nodes)?)),
        Expression::Binary(operation, left, right) => {
            let (left, right) = (expression(left, facts)?, expression(right, facts)?);
            if *operation == Binary::Divide && right.result.is_zero() {
                return Err(());
            }
            let sentence = text(|language| {
                let (left, right) = (language.number(&left.result), language.number(&right.result));
                format!("{left} {} {right}", operation.symbol())
            });
            Ok(Explanation::of(binary(*operation), vec![left, right], sentence))
        }
        Expression::If(condition, then, otherwise) => {
            let condition = expression(condition, facts)?;
            let holds = !condition.result.is_zero();
            let (operation, value) = if holds {
                (Operation::Then, expression(then, facts)?)
            } else {
                (Operation::Else, expression(otherwise, facts)?)
            };
            let sentence = text(|language| {
                let answer = if holds {
                    language.pick("đúng", "holds")
                } else {
                    language.pick("sai", "does not hold")
                };
                format!(
                    "{}: {answer} → {}",
                    language.of(&condition.text),
                    language.number(&value.result)
                )
            });
            Ok(Explanation::of(operation, vec![condition, value], sentence))
        }
    }
}

fn listed(operation: Operation, name: &str, operands: Vec<Explanation>) -> Explanation {
    let sentence = text(|language| {
        let values: Vec<String> = operands
            .iter()
            .map(|operand| language.number(&operand.result))
            .collect();
        format!("{name}({})", values.join("; "))
    });
    Explanation::of(operation, operands, sentence)
}

fn binary(operation: Binary) -> Operation {
    match operation {
        Binary::Add => Operation::Add,
        Binary::Subtract => Operation::Subtract,
        Binary::Multiply => Operation::Multiply,
        Binary::Divide => Operation::Divide,
        Binary::Less => Operation::Less,
        Binary::LessOrEqual => Operation::LessOrEqual,
        Binary::Greater => Operation::Greater,
        Binary::GreaterOrEqual => Operation::GreaterOrEqual,
        Binary::Equal => Operation::Equal,
        Binary::NotEqual => Operation::NotEqual,
    }
}
