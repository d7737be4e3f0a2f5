//! Own scalars: decimals and 64-bit numbers are text, so that no client's number type can change them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

use crate::domain::exact::{Decimal as ExactDecimal, Exact};

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $graphql:literal, $inner:ty, $parse:expr, $print:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub $inner);

        $(#[$doc])*
        #[Scalar(name = $graphql)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
                let parse: fn(&str) -> Result<$inner, String> = $parse;
                parse(text).map(Self).map_err(InputValueError::custom)
            }

            // Told before anything is executed, and then with the path of the value.
            fn is_valid(value: &Value) -> bool {
                let parse: fn(&str) -> Result<$inner, String> = $parse;
                matches!(value, Value::String(text) if parse(text).is_ok())
            }

            fn to_value(&self) -> Value {
                let print: fn(&$inner) -> String = $print;
                Value::String(print(&self.0))
            }
        }
    };
}

text_scalar!(
    /// An exact decimal as text, for example `"1.75"`: up to 20 digits before and 12 after the point, no exponent.
    Decimal,
    "Decimal",
    ExactDecimal,
    |text| ExactDecimal::parse(text).map_err(|error| error.to_string()),
    |value| value.to_string()
);

text_scalar!(
    /// An exact rational as text: an integer `"2"` or a reduced fraction `"7/8"`.
    Fraction,
    "Fraction",
    Exact,
    |text| Exact::parse_fraction(text).map_err(|error| error.to_string()),
    |value| value.to_string()
);

text_scalar!(
    /// A 64-bit integer as text.
    Long,
    "Long",
    u64,
    |text| text.parse().map_err(|_| "not a whole number".to_owned()),
    |value| value.to_string()
);

text_scalar!(
    /// An instant, RFC 3339 in UTC with milliseconds: `"2020-03-01T02:30:00.000Z"`.
    DateTime,
    "DateTime",
    jiff::Timestamp,
    |text| text.parse().map_err(|_| "not an RFC 3339 instant".to_owned()),
    |value| crate::app::gate::instant_text(*value)
);

text_scalar!(
    /// A calendar date, ISO 8601: `"2019-12-31"`.
    Date,
    "Date",
    jiff::civil::Date,
    |text| text.parse().map_err(|_| "not an ISO 8601 date".to_owned()),
    |value| value.to_string()
);

text_scalar!(
    /// A year, a month or a day: `"2019"`, `"2019-05"`, `"2024-10-28"`.
    Period,
    "Period",
    crate::domain::series::Period,
    |text| text.parse().map_err(|error: crate::domain::series::NotAPeriod| error.to_string()),
    |value| value.to_string()
);

/// Any JSON value: frameworks, explanations and the content of the kind OTHER.
#[derive(Clone, Debug)]
pub struct Json(pub serde_json::Value);

/// Any JSON value: frameworks, explanations and the content of the kind OTHER.
#[Scalar(name = "JSON")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}

/// A file of this request, by the GraphQL multipart request protocol: `null` in the variables, the bytes in a part.
#[derive(Clone, Debug)]
pub struct Upload(pub String);

/// A file of this request, by the GraphQL multipart request protocol: `null` in the variables, the bytes in a part.
#[Scalar(name = "Upload")]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(handle) => Ok(Self(handle)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
