//! What goes into a statement and what comes out of a column.

use std::borrow::Cow;

use domain::cost::NanoDollars;
use domain::ids::{
    ApiKeyId, CardId, CaseId, EndpointId, InstanceId, ProviderId, RunId, SessionId, ShareId, SuiteId,
    TokenId, UserId, VersionId, WorkspaceId,
};
use domain::verdict::Verdict;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// One value in the database. There are no others: a boolean is 0 or 1, an id is its hyphenated text, JSON
/// is text, a time is milliseconds, money is nano-dollars.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Real(f64),
    /// Text, byte for byte, without U+0000.
    Text(Cow<'a, str>),
}

impl Value<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
        }
    }
}

/// What may be the parameter of a statement.
pub trait ToValue {
    /// The value to bind. Fails with [`Error::Parameter`] on a number or a text that the database cannot hold.
    fn to_value(&self) -> Result<Value<'_>>;
}

/// What may be read from a column.
pub trait FromColumn: Sized {
    /// The value read, or the reason why it is not one of these, worded to follow "is" or "holds".
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String>;
}

fn unfit<T>(wanted: &str, found: &Value<'_>) -> std::result::Result<T, String> {
    Err(format!("{} where {wanted} belongs", found.kind()))
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Result<Value<'_>> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Result<Value<'_>> {
        self.as_ref().map_or(Ok(Value::Null), ToValue::to_value)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        if value == Value::Null { Ok(None) } else { T::from_column(value).map(Some) }
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Integer(number) => Value::Integer(*number),
            Self::Real(number) => Value::Real(*number),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
        })
    }
}

impl FromColumn for Value<'static> {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Text(text) => Self::Text(Cow::Owned(text.into_owned())),
        })
    }
}

impl ToValue for str {
    fn to_value(&self) -> Result<Value<'_>> {
        // PostgreSQL holds no such text, so neither do we.
        if self.as_bytes().contains(&0) {
            return Err(Error::Parameter { reason: "it contains the character U+0000".to_owned() });
        }
        Ok(Value::Text(Cow::Borrowed(self)))
    }
}

impl ToValue for String {
    fn to_value(&self) -> Result<Value<'_>> {
        self.as_str().to_value()
    }
}

impl FromColumn for String {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.into_owned()),
            other => unfit("text", &other),
        }
    }
}

impl ToValue for f64 {
    fn to_value(&self) -> Result<Value<'_>> {
        if self.is_finite() {
            Ok(Value::Real(*self))
        } else {
            Err(Error::Parameter { reason: format!("{self} is not a finite number") })
        }
    }
}

impl FromColumn for f64 {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        match value {
            Value::Real(number) => Ok(number),
            other => unfit("a real number", &other),
        }
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(i64::from(*self)))
    }
}

impl FromColumn for bool {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        match value {
            Value::Integer(0) => Ok(false),
            Value::Integer(1) => Ok(true),
            Value::Integer(other) => Err(format!("{other} where 0 or 1 belongs")),
            other => unfit("0 or 1", &other),
        }
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ToValue for $integer {
            fn to_value(&self) -> Result<Value<'_>> {
                i64::try_from(*self).map(Value::Integer).map_err(|_| Error::Parameter {
                    reason: format!("{self} is larger than {}", i64::MAX),
                })
            }
        }

        impl FromColumn for $integer {
            fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
                match value {
                    Value::Integer(number) => <$integer>::try_from(number)
                        .map_err(|_| format!("{number}, outside of {} to {}", <$integer>::MIN, <$integer>::MAX)),
                    other => unfit("an integer", &other),
                }
            }
        }
    )*};
}
integers!(i64, i32, u32, u64, usize);

macro_rules! identifiers {
    ($($id:ty),*) => {$(
        impl ToValue for $id {
            fn to_value(&self) -> Result<Value<'_>> {
                Ok(Value::Text(Cow::Owned(self.to_string())))
            }
        }

        impl FromColumn for $id {
            fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
                match value {
                    Value::Text(text) => text.parse().map_err(|error| format!("{error}")),
                    other => unfit("an identifier", &other),
                }
            }
        }
    )*};
}
identifiers!(
    WorkspaceId,
    CardId,
    VersionId,
    SuiteId,
    CaseId,
    ProviderId,
    EndpointId,
    RunId,
    InstanceId,
    UserId,
    SessionId,
    ShareId,
    TokenId,
    ApiKeyId
);

impl ToValue for NanoDollars {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Integer(self.0))
    }
}

impl FromColumn for NanoDollars {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        i64::from_column(value).map(Self)
    }
}

impl ToValue for Verdict {
    fn to_value(&self) -> Result<Value<'_>> {
        Ok(Value::Text(Cow::Borrowed(self.as_str())))
    }
}

/// A value kept as JSON text. `Json(&ids)` is also how a list becomes one parameter:
/// `… WHERE id IN (SELECT value FROM json_each($1))`, one of the statements that differ by database.
#[derive(Debug, Clone, PartialEq)]
pub struct Json<T>(pub T);

impl<T: Serialize> ToValue for Json<T> {
    fn to_value(&self) -> Result<Value<'_>> {
        let text = serde_json::to_string(&self.0)
            .map_err(|error| Error::Parameter { reason: format!("it cannot be written as JSON: {error}") })?;
        Ok(Value::Text(Cow::Owned(text)))
    }
}

impl<T: DeserializeOwned> FromColumn for Json<T> {
    fn from_column(value: Value<'_>) -> std::result::Result<Self, String> {
        match value {
            Value::Text(text) => serde_json::from_str(&text)
                .map(Self)
                .map_err(|error| format!("JSON that does not fit: {error}")),
            other => unfit("JSON", &other),
        }
    }
}
