"""The workflow that `treadle new` writes: small, complete, and free of findings."""

_TEMPLATE = """\
# A first workflow. Check it with 'treadle validate', look ahead with 'treadle plan',
# run it with 'treadle run', and answer its gate with 'treadle resume'.
schema_version: "1.0"

workflow:
  id: %(id)s
  name: %(name)s
  version: "0.1.0"

# What a run is given: 'treadle run FILE -i who=Ada'. A type, a default, a list of choices.
inputs:
  who:
    type: string
    default: world
    description: Who is greeted.
  mood:
    type: string
    default: calm
    enum: [calm, cheerful]

steps:
  # A line of shell. Values of inputs go through 'shquote' so that no text can break the line.
  - id: greet
    type: shell
    run: echo hello {{ inputs.who | shquote }}

  # One of two ways, decided by an input or by what an earlier step has printed.
  - id: mood
    type: if
    condition: "{{ inputs.mood == 'cheerful' }}"
    then:
      - id: sing
        type: shell
        run: echo la la la
    else:
      - id: hum
        type: shell
        run: echo hm

  # A person decides. Without a terminal the run pauses here until somebody resumes it.
  - id: ask
    type: gate
    message: "'{{ steps.greet.output.stdout | trim }}': shall we go on?"
    options: [approve, reject]

  # The same step once for each item, two at a time.
  - id: each
    type: fan-out
    items: [red, green, blue]
    max_concurrency: 2
    step:
      id: paint
      type: shell
      run: echo painting {{ item | shquote }}

# What a run gives back.
outputs:
  greeting:
    value: "{{ steps.greet.output.stdout | trim }}"
"""


def first_workflow(workflow_id: str) -> str:
    """Return the text of the workflow.

    Shapes: `workflow_id` is a valid id; the name is made of its words.
    """
    name = " ".join(word.capitalize() for word in workflow_id.split("-"))
    return _TEMPLATE % {"id": f'"{workflow_id}"', "name": f'"{name}"'}
