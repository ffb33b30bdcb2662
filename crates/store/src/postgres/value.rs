//! Values on their way to `PostgreSQL` and back.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::Value;

/// A value as the parameter of a statement, in the type that the statement gives it.
#[derive(Debug)]
pub(super) struct Param<'a>(pub(super) Value<'a>);

impl ToSql for Param<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (&self.0, wanted) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT8) => number.to_sql(wanted, out),
            // A comparison with a literal number has the type of the literal.
            (Value::Integer(number), &Type::INT4) => i32::try_from(*number)?.to_sql(wanted, out),
            (Value::Real(number), &Type::FLOAT8) => number.to_sql(wanted, out),
            (Value::Text(text), &(Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN)) => {
                text.as_ref().to_sql(&Type::TEXT, out)
            }
            (value, wanted) => Err(format!("{value:?} where {wanted} belongs").into()),
        }
    }

    fn accepts(_wanted: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The value of a column. The error says what it is instead of one of ours.
pub(crate) fn value(row: &Row, place: usize) -> Result<Value<'_>, String> {
    let read = |error: tokio_postgres::Error| error.to_string();
    let found = row.columns().get(place).map(tokio_postgres::Column::type_);
    Ok(match found {
        Some(&Type::INT8) => row.try_get::<_, Option<i64>>(place).map_err(read)?.map(Value::Integer),
        Some(&Type::INT4) => {
            row.try_get::<_, Option<i32>>(place).map_err(read)?.map(|number| Value::Integer(number.into()))
        }
        Some(&Type::BOOL) => {
            row.try_get::<_, Option<bool>>(place).map_err(read)?.map(|truth| Value::Integer(truth.into()))
        }
        Some(&Type::FLOAT8) => row.try_get::<_, Option<f64>>(place).map_err(read)?.map(Value::Real),
        Some(&(Type::TEXT | Type::VARCHAR | Type::NAME)) => {
            row.try_get::<_, Option<&str>>(place).map_err(read)?.map(|text| Value::Text(Cow::Borrowed(text)))
        }
        Some(other) => return Err(format!("a {other}, and no column of ours has that type")),
        None => return Err("no column".to_owned()),
    }
    .unwrap_or(Value::Null))
}
