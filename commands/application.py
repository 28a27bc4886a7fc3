"""The command line's root: every group and command under one name."""

import typer

from commands import (
    audit,
    check,
    contract,
    demo,
    doctor,
    evaluate,
    forecast,
    graph,
    jobs,
    keys,
    ledger,
    load,
    models,
    project,
    replenish,
    score,
    serve,
    train,
)

application = typer.Typer(
    name="shelfgraph",
    help="Which products substitute for each other, which complement each other, and what follows.\n\n"
    "The order of work: graph start → load → train → serve. `shelfgraph doctor` says what is wrong and how to mend it.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
application.add_typer(graph.application, name="graph")
application.command("load")(load.load_command)
application.command("train")(train.train_command)
application.command("serve")(serve.serve_command)
application.command("project")(project.project_command)
application.command("replay")(ledger.replay_command)
application.add_typer(ledger.application, name="ledger")
application.add_typer(keys.application, name="keys")
application.add_typer(audit.application, name="audit")
application.add_typer(jobs.application, name="jobs")
application.add_typer(models.application, name="models")
application.command("score")(score.score_command)
application.command("forecast")(forecast.forecast_command)
application.command("replenish")(replenish.replenish_command)
application.command("simulate")(replenish.simulate_command)
application.add_typer(evaluate.application, name="evaluate")
application.add_typer(contract.application, name="contract")
application.command("check")(check.check_command)
application.command("doctor")(doctor.doctor_command)
application.command("demo")(demo.demo_command)
