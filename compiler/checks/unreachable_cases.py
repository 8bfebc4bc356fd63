"""TR504: a case that no value can have, because its key begins or ends with a blank.

The value of a switch loses the blanks around it before it is compared; the keys keep theirs.
"""

from json import dumps

from treadle.compiler.diagnostics import Edit, Fix, Report
from treadle.compiler.flows.flow import Flow
from treadle.compiler.reading import keys
from treadle.plan.steps import Kind


def check_unreachable_cases(flow: Flow, report: Report) -> None:
    """Report every case of a switch with blanks around its key.

    Before and after::

        cases:
          "small ": []      # TR504: no value matches the case 'small '
    """
    for declared, step in flow.declared(Kind.SWITCH):
        cases = keys.mapping(declared.node, "cases")
        known = set(cases.keys()) if cases is not None else set()
        for entry in cases.entries if cases is not None else ():
            text = str(entry.key.value)
            bare = text.strip()
            if text == bare:
                continue
            fix = None
            if bare and bare not in known and '"' not in bare and "\\" not in bare:
                edit = Edit(span=entry.key.span, text=f'"{bare}"')
                fix = Fix(title=f"write '{bare}'", edits=(edit,), is_safe=False)
            hint = f"write '{bare}'" if bare else None
            shown = dumps(text, ensure_ascii=False)[1:-1]
            report.add("TR504", entry.key.span, hint=hint, fix=fix, key=shown, step=step.id)
