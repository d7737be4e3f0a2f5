//! Formulas: `+ - * /`, `min`, `max`, `if(condition, then, else)` and comparisons over exact rationals.
//!
//! Parsed when a framework is read, so that a formula that exists is well formed; its identifiers are input codes, which
//! the lint checks. A general expression library would bring binary floats.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exact::Exact;
use super::text::Text;

/// Most characters of a formula.
pub const MAXIMUM_LENGTH: usize = 1_000;
/// Deepest nesting of a formula, in operations; keeps reading, evaluating and explaining within the stack.
pub const MAXIMUM_DEPTH: usize = 32;

/// A parsed formula, which remembers how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    source: String,
    expression: Expression,
}

/// The tree of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A decimal literal.
    Number(Exact),
    /// The value of an input.
    Input(String),
    /// Zero less the value.
    Negate(Box<Expression>),
    /// Two values and what is done with them.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// The smallest.
    Minimum(Vec<Expression>),
    /// The largest.
    Maximum(Vec<Expression>),
    /// The second when the first is not zero, otherwise the third; the other one is not computed.
    If(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// What is done with two values; a comparison is worth 1 or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// Why a text is not a formula, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {}", message.en)]
pub struct FormulaError {
    /// Character, from 1.
    pub position: usize,
    pub message: Text,
}

impl Formula {
    /// Parses a formula.
    pub fn parse(source: &str) -> Result<Self, FormulaError> {
        if source.chars().count() > MAXIMUM_LENGTH {
            return Err(FormulaError {
                position: MAXIMUM_LENGTH + 1,
                message: Text::new(
                    format!("công thức dài quá {MAXIMUM_LENGTH} ký tự"),
                    format!("the formula is longer than {MAXIMUM_LENGTH} characters"),
                ),
            });
        }
        let mut parser = Parser {
            tokens: tokens(source)?,
            next: 0,
            end: source.chars().count() + 1,
        };
        let (expression, _) = parser.comparison(1)?;
        match parser.peek() {
            None => Ok(Self {
                source: source.to_owned(),
                expression,
            }),
            Some(token) => Err(unexpected(parser.position(), token)),
        }
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// As it was written, with what its inputs are called in the place of their codes, and the signs of arithmetic.
    pub fn in_words(&self, name: impl Fn(&str) -> String) -> String {
        let inputs = self.inputs();
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let mut words = String::new();
        let mut rest = self.source.as_str();
        while let Some(first) = rest.chars().next() {
            let length = match is_part(first) {
                true => rest.find(|character| !is_part(character)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (word, after) = rest.split_at(length);
            match word {
                "*" => words.push('×'),
                "/" => words.push('÷'),
                input if inputs.contains(&input) => words.push_str(&name(input)),
                other => words.push_str(other),
            }
            rest = after;
        }
        words
    }

    /// The parsed tree.
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// The identifiers, in order of appearance, repeated ones repeated.
    pub fn inputs(&self) -> Vec<&str> {
        let mut inputs = Vec::new();
        self.expression.collect_inputs(&mut inputs);
        inputs
    }
}

impl Expression {
    fn collect_inputs<'a>(&'a self, inputs: &mut Vec<&'a str>) {
        match self {
            Self::Number(_) => {}
            Self::Input(code) => inputs.push(code),
            Self::Negate(inner) => inner.collect_inputs(inputs),
            Self::Binary(_, left, right) => [left, right].iter().for_each(|inner| inner.collect_inputs(inputs)),
            Self::Minimum(all) | Self::Maximum(all) => all.iter().for_each(|inner| inner.collect_inputs(inputs)),
            Self::If(condition, then, otherwise) => {
                [condition, then, otherwise]
                    .iter()
                    .for_each(|inner| inner.collect_inputs(inputs));
            }
        }
    }
}

impl Binary {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(Exact),
    Name(String),
    Symbol(&'static str),
}

const SYMBOLS: [&str; 13] = ["<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", ","];
const COMPARISONS: [Binary; 6] = [
    Binary::LessOrEqual,
    Binary::GreaterOrEqual,
    Binary::Equal,
    Binary::NotEqual,
    Binary::Less,
    Binary::Greater,
];

fn tokens(source: &str) -> Result<Vec<(usize, Token)>, FormulaError> {
    let characters: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut next = 0;
    while next < characters.len() {
        let start = next;
        let word = |belongs: fn(&char) -> bool| {
            characters[start..]
                .iter()
                .take_while(|c| belongs(c))
                .collect::<String>()
        };
        let character = characters[start];
        if character.is_ascii_whitespace() {
            next += 1;
            continue;
        }
        let (length, token) = if character.is_ascii_digit() {
            let text = word(|c| c.is_ascii_alphanumeric() || *c == '.');
            let number = Exact::parse_decimal(&text).map_err(|error| FormulaError {
                position: start + 1,
                message: Text::new(
                    format!("{text:?} không phải là số thập phân"),
                    format!("{text:?}: {error}"),
                ),
            })?;
            (text.len(), Token::Number(number))
        } else if character.is_ascii_alphabetic() || character == '_' {
            let name = word(|c| c.is_ascii_alphanumeric() || *c == '_');
            (name.len(), Token::Name(name))
        } else {
            let rest: String = characters[start..].iter().take(2).collect();
            let symbol = SYMBOLS
                .into_iter()
                .find(|symbol| rest.starts_with(symbol))
                .ok_or_else(|| FormulaError {
                    position: start + 1,
                    message: Text::new(
                        format!("ký tự lạ {character:?}"),
                        format!("unknown character {character:?}"),
                    ),
                })?;
            (symbol.len(), Token::Symbol(symbol))
        };
        tokens.push((start + 1, token));
        next = start + length;
    }
    Ok(tokens)
}

/// Recursive descent; every function answers with the depth of what it parsed.
struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    /// Position after the last character.
    end: usize,
}

type Parsed = Result<(Expression, usize), FormulaError>;

impl Parser {
    fn comparison(&mut self, level: usize) -> Parsed {
        let left = self.sum(level)?;
        match COMPARISONS
            .into_iter()
            .find(|comparison| self.take(comparison.symbol()))
        {
            None => Ok(left),
            Some(comparison) => {
                let right = self.sum(level)?;
                self.binary(comparison, left, right)
            }
        }
    }

    fn sum(&mut self, level: usize) -> Parsed {
        let mut left = self.product(level)?;
        while let Some(operation) = [Binary::Add, Binary::Subtract]
            .into_iter()
            .find(|one| self.take(one.symbol()))
        {
            let right = self.product(level)?;
            left = self.binary(operation, left, right)?;
        }
        Ok(left)
    }

    fn product(&mut self, level: usize) -> Parsed {
        let mut left = self.unary(level)?;
        while let Some(operation) = [Binary::Multiply, Binary::Divide]
            .into_iter()
            .find(|one| self.take(one.symbol()))
        {
            let right = self.unary(level)?;
            left = self.binary(operation, left, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self, level: usize) -> Parsed {
        if !self.take("-") {
            return self.primary(level);
        }
        self.check_depth(level)?;
        let (inner, depth) = self.unary(level + 1)?;
        self.check_depth(depth + 1)?;
        Ok((Expression::Negate(Box::new(inner)), depth + 1))
    }

    fn primary(&mut self, level: usize) -> Parsed {
        self.check_depth(level)?;
        let position = self.position();
        match self.advance() {
            None => Err(self.incomplete()),
            Some(Token::Number(number)) => Ok((Expression::Number(number), 1)),
            Some(Token::Name(name)) if self.take("(") => self.call(level, position, &name),
            Some(Token::Name(name)) => Ok((Expression::Input(name), 1)),
            Some(Token::Symbol("(")) => {
                let inner = self.comparison(level + 1)?;
                self.expect(")")?;
                Ok(inner)
            }
            Some(token) => Err(unexpected(position, &token)),
        }
    }

    fn call(&mut self, level: usize, position: usize, name: &str) -> Parsed {
        let mut arguments = Vec::new();
        let mut deepest = 0;
        loop {
            let (argument, depth) = self.comparison(level + 1)?;
            arguments.push(argument);
            deepest = deepest.max(depth);
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        self.check_depth(deepest + 1)?;
        let expression = match (name, <[Expression; 3]>::try_from(arguments)) {
            ("if", Ok([condition, then, otherwise])) => {
                Expression::If(Box::new(condition), Box::new(then), Box::new(otherwise))
            }
            ("if", Err(_)) => {
                return Err(FormulaError {
                    position,
                    message: Text::new("if cần đúng ba tham số", "if takes exactly three arguments"),
                });
            }
            ("min", arguments) => Expression::Minimum(arguments.map_or_else(|all| all, Vec::from)),
            ("max", arguments) => Expression::Maximum(arguments.map_or_else(|all| all, Vec::from)),
            _ => {
                return Err(FormulaError {
                    position,
                    message: Text::new(
                        format!("không có hàm {name}; chỉ có min, max, if"),
                        format!("there is no function {name}; there are min, max and if"),
                    ),
                });
            }
        };
        Ok((expression, deepest + 1))
    }

    fn binary(&self, operation: Binary, left: (Expression, usize), right: (Expression, usize)) -> Parsed {
        let depth = left.1.max(right.1) + 1;
        self.check_depth(depth)?;
        Ok((
            Expression::Binary(operation, Box::new(left.0), Box::new(right.0)),
            depth,
        ))
    }

    fn check_depth(&self, depth: usize) -> Result<(), FormulaError> {
        if depth <= MAXIMUM_DEPTH {
            return Ok(());
        }
        Err(FormulaError {
            position: self.position(),
            message: Text::new(
                format!("công thức lồng nhau quá {MAXIMUM_DEPTH} mức"),
                format!("the formula is nested deeper than {MAXIMUM_DEPTH} operations"),
            ),
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn position(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(position, _)| *position)
    }

    fn advance(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += usize::from(token.is_some());
        token
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), FormulaError> {
        if self.take(symbol) {
            return Ok(());
        }
        match self.peek() {
            None => Err(self.incomplete()),
            Some(token) => Err(unexpected(self.position(), token)),
        }
    }

    fn incomplete(&self) -> FormulaError {
        FormulaError {
            position: self.end,
            message: Text::new("công thức chưa hoàn chỉnh", "the formula ends too early"),
        }
    }
}

fn unexpected(position: usize, token: &Token) -> FormulaError {
    let shown = match token {
        Token::Number(number) => number.to_string(),
        Token::Name(name) => name.clone(),
        Token::Symbol(symbol) => (*symbol).to_owned(),
    };
    FormulaError {
        position,
        message: Text::new(format!("không mong đợi {shown:?}"), format!("unexpected {shown:?}")),
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.source)
    }
}

impl Serialize for Formula {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Formula {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(source: &str, position: usize, english: &str) {
        let error = Formula::parse(source).expect_err(source);
        assert_eq!(error.position, position, "{source}: {error}");
        assert!(error.message.en.contains(english), "{source}: {error}");
    }

    #[test]
    fn errors_name_their_position() {
        check_error("", 1, "ends too early");
        check_error("a +", 4, "ends too early");
        check_error("a b", 3, "unexpected \"b\"");
        check_error("(a", 3, "ends too early");
        check_error("a ^ 2", 3, "unknown character '^'");
        check_error("1e400", 1, "not a plain decimal");
        check_error("1.2.3 + a", 1, "not a plain decimal");
        check_error("a + sqrt(b)", 5, "there is no function sqrt");
        check_error("if(a, b)", 1, "exactly three");
        check_error("a < b < c", 7, "unexpected \"<\"");
        check_error("min()", 5, "unexpected \")\"");
        check_error("nhiệm_vụ", 4, "unknown character 'ệ'");
    }

    #[test]
    fn length_and_depth_are_bounded() {
        check_error(&"a".repeat(MAXIMUM_LENGTH + 1), MAXIMUM_LENGTH + 1, "longer than 1000");
        check_error(&format!("{}a", "(".repeat(900)), 33, "nested deeper");
        check_error(&format!("{}a", "-".repeat(900)), 34, "nested deeper");
        check_error(&format!("a{}", "+a".repeat(400)), 66, "nested deeper");
        assert!(Formula::parse(&format!("a{}", "+a".repeat(31))).is_ok());
    }

    #[test]
    fn products_bind_tighter_than_sums_and_sums_than_comparisons() {
        let parsed = |source: &str| Formula::parse(source).expect(source).expression;
        assert_eq!(parsed("a + b * c > d"), parsed("(a + (b * c)) > d"));
        assert_eq!(parsed("a - b - c"), parsed("(a - b) - c"));
        assert_eq!(parsed("a / -b"), parsed("a / (-b)"));
    }

    #[test]
    fn a_formula_names_its_inputs_and_keeps_its_text() {
        let source = "if(undone > 0, min(0.5, done / assigned), done / assigned)";
        let formula = Formula::parse(source).expect(source);
        assert_eq!(formula.inputs(), ["undone", "done", "assigned", "done", "assigned"]);
        assert_eq!(serde_json::to_value(&formula).expect("text"), serde_json::json!(source));
    }
}
