"""Counting on Spark: the same Ibis expressions, where receipts are too many for one machine."""

from itertools import count
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from lake.difference import lake_schema
from schema.table_specs import SPECS

if TYPE_CHECKING:
    from lake.ports import TableSource


class SparkCounting:
    """Counting on Spark.

    Args:
        session: a running `SparkSession`, whose machines read the lake's files themselves.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._backend = ibis.pyspark.connect(session)
        self._names = (f"kept_{number}" for number in count())
        self._kept: dict[str, Any] = {}

    def read(self, source: "TableSource", table: str) -> ir.Table:
        """The current rows of a retail table, read whenever an expression over it runs."""
        schema, files = lake_schema(SPECS[table]), source.files(table)
        if not files:
            return self.over(schema.empty_table())
        reader = self._session.read.schema(_spark_schema(schema))
        rows = self._named(reader.parquet(*(_spark_address(file) for file in files)))
        return rows.filter(rows.closed_by.isnull())

    def over(self, rows: pa.Table) -> ir.Table:
        """Arrow rows as a table."""
        return self._named(self._session.createDataFrame(rows, _spark_schema(rows.schema)))

    def keep(self, expression: ir.Table) -> ir.Table:
        """The result of an expression as a table, computed now."""
        frame = self._frame(expression).persist()
        frame.count()
        table = self._named(frame)
        self._kept[table.get_name()] = frame
        return table

    def drop(self, table: ir.Table) -> None:
        """Give back the room of a kept table."""
        self._session.catalog.dropTempView(table.get_name())
        self._kept.pop(table.get_name()).unpersist()

    def rows(self, expression: ir.Table) -> pa.Table:
        """The result of an expression, in no particular order."""
        return self._frame(expression).toArrow().cast(expression.schema().to_pyarrow())

    def number(self, expression: ir.Scalar) -> int:
        """A count or sum, 0 where there is nothing to add up."""
        return int(self._frame(expression.as_table()).first()[0] or 0)

    def _frame(self, expression: ir.Table) -> Any:
        return self._session.sql(self._backend.compile(expression))

    def _named(self, frame: Any) -> ir.Table:
        name = next(self._names)
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)


def _spark_schema(schema: pa.Schema) -> Any:
    from ibis.backends.pyspark.datatypes import PySparkSchema  # noqa: PLC0415 imports pyspark

    return PySparkSchema.from_ibis(ibis.Schema.from_pyarrow(schema))


def _spark_address(file: str) -> str:
    """The lake's address of a file as Hadoop's file systems spell it."""
    return "s3a://" + file.removeprefix("s3://") if file.startswith("s3://") else file
