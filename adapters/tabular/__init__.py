"""Tabular files that an organisation drops: CSV and XLSX, mapped by a document (mappings/*.json).

`files` reads rows, `index` knows where each record's row is and which rows cannot be used, `source` answers.
"""

from adapters.tabular.source import TabularMapping, TabularSource, load_tabular_mapping

__all__ = ["TabularMapping", "TabularSource", "load_tabular_mapping"]
