"""An import-linter contract type that says what a package may import, instead of what it may not.

Its rows in `.importlinter` are the table "may import" of docs/architecture.md: the standard library
always, otherwise exactly what is listed. Only a package's own import lines count; what those bring
along is the business of the packages that own them.
"""

import sys
from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class MayImportContract(Contract):
    """Allow `package` the standard library, itself and `allowed`; `never` takes single modules out again."""

    type_name = "may_import"

    package = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField(), required=False)
    never = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every import line of the package that leads out of what it may import."""
        package = str(self.package)
        listed, never = (set(cast("Iterable[str]", names or ())) for names in (self.allowed, self.never))
        allowed = ({package} | listed | sys.stdlib_module_names) - never
        own = {package} | graph.find_descendants(package)
        found = [
            detail["line_contents"].strip() + f"  ({importer}:{detail['line_number']})"
            for importer in sorted(own)
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not any(imported == name or imported.startswith(f"{name}.") for name in allowed)
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each offending line."""
        for line in check.metadata["found"]:
            output.print_error(f"- {line}")
        output.new_line()
