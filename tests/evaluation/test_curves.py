from undertone.evaluation.curves import mean_curves


def course(*scores: float) -> dict[str, list[dict[str, float]]]:
    epochs = [{"epoch": float(n + 1), "validation_uar": score} for n, score in enumerate(scores)]
    return {"heads": epochs}


def test_the_mean_is_over_those_that_still_train_and_ends_where_most_have_stopped() -> None:
    mean = mean_curves([course(0.2, 0.4, 0.9), course(0.4, 0.6), course(0.6, 0.8, 0.7, 0.1)])
    assert [round(epoch["validation_uar"], 3) for epoch in mean["heads"]] == [0.4, 0.6, 0.8]
    assert [epoch["epoch"] for epoch in mean["heads"]] == [1, 2, 3]


def test_what_not_every_model_tells_is_left_out() -> None:
    silent = {"heads": [{"epoch": 1.0}]}
    assert mean_curves([course(0.5), silent]) == {"heads": [{"epoch": 1.0}]}
    assert mean_curves([]) == {}
