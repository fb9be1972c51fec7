"""How much each long stage has to do under some settings, for the estimates of `--dry-run` and `status`.

Maps are weighed with the time that a network of the kind takes for one (docs/networks.md, on one core), so that the
work of all stages with networks is about in milliseconds of a core. Only ratios matter: the estimate scales a recorded
run. What a stage costs before its first map (imports, compilation, stellar tracks) counts too, or a run of `smoke`
would say nothing of the others; these parts were fitted to recorded runs of `smoke` and larger profiles on two cores.
"""

import math

from reproduce.papers.chardin2021.settings import Settings, Train

TRAINING_MS = {
    "encoder_decoder": {"released": 201.7, "compact": 11.3},
    "regressor": {"released": 23.8, "compact": 1.5},
}
PREDICTION_MS = {"encoder_decoder": {"released": 56.3, "compact": 3.1}, "regressor": {"released": 6.6, "compact": 0.4}}
# Beside the network itself. Not measured: VGG16's weights cannot be had everywhere. Its two blocks on 160 x 160 pixels
# take 2.4e9 multiply-adds three times (prediction, target, gradient); some 20e9 a second on one core.
VGG16_MS = 360.0
LOOKING_MS = 8.0  # at how one map looks, for the domain score
STRANGE_MS = 12.0  # for making a strange map, on average over the kinds
START_STARS, START_MAPS = 11_500, 770  # as many stars, or maps, as the start of `simulate`, or `dataset`, costs
START_TRAINING_MS, START_PREDICTION_MS = 10_000.0, 4_000.0  # of each network's training; of a stage that predicts


def simulate(settings: Settings) -> float:
    """Stars of all simulated clusters."""
    own = [model for model in settings.simulate.models.values() if model.files is None]  # reading files takes seconds
    return float(START_STARS + settings.simulate.n_stars * len(own))


def maps(settings: Settings) -> float:
    """Maps of the data set."""
    return START_MAPS + settings.dataset.train + settings.dataset.validation + held_out_maps(settings)


def held_out_maps(settings: Settings) -> float:
    """Maps of the test clusters, which no network learns from."""
    group = settings.dataset
    views = len(group.test_distances_kpc) * len(group.test_fwhm_arcsec)
    return float(group.test_snapshots * len(group.test_models) * views)


def train(settings: Settings) -> float:
    """Maps times epochs of all networks of the ensemble."""
    group = settings.train
    epochs = {"encoder_decoder": group.epochs, "regressor": group.regressor_epochs}
    views = settings.dataset.train
    if group.views == "fresh":  # maps are drawn beside the training, which waits for them where it is the faster
        views = group.fresh.maps or views
        epochs = dict.fromkeys(epochs, group.fresh.epochs)
    return group.members * sum(START_TRAINING_MS + views * epochs[name] * _training_ms(group, name) for name in epochs)


def search(settings: Settings) -> float:
    """Maps times epochs of all trials, as if each had the size of the profile's own network, and of the finals."""
    group = settings.tune
    finals = (group.finalists + 1) * group.final_seeds * group.trial_epochs if group.finalists else 0
    epochs = _trial_epochs(settings) * group.executions + finals
    return settings.dataset.train * epochs * sum(_training_ms(settings.train, name) for name in group.networks)


def calibrate(settings: Settings) -> float:
    """Training and validation maps, and strange ones, seen by all networks."""
    from reproduce.papers.chardin2021.strange.kinds import TO_BUILD, maps_to_build

    strange = maps_to_build(settings.dataset.train) * len(TO_BUILD)
    seen = settings.dataset.train + settings.dataset.validation + strange
    return START_PREDICTION_MS + seen * (_prediction_ms(settings.train) + LOOKING_MS) + strange * STRANGE_MS


def evaluate(settings: Settings) -> float:
    """Test maps, seen by all networks."""
    return START_PREDICTION_MS + held_out_maps(settings) * (_prediction_ms(settings.train) + LOOKING_MS)


def out_of_domain(settings: Settings) -> float:
    """Maps of every kind, seen by all networks."""
    from reproduce.papers.chardin2021.strange.kinds import ALL

    made = settings.evaluate.strange_maps * len(ALL)
    return START_PREDICTION_MS + made * (_prediction_ms(settings.train) + LOOKING_MS + STRANGE_MS)


def observer_sets(settings: Settings) -> float:
    """Fixed views."""
    sets = settings.observer.sets
    return float(START_MAPS + sets.training + sets.validation + sets.test)


def observer_train(settings: Settings) -> float:
    """Views times members; they are drawn beside the training, which waits for them where it is the faster."""
    return START_TRAINING_MS + settings.observer.train.maps * settings.observer.train.epochs * _observer_ms(
        settings, True
    )


def observer_calibrate(settings: Settings) -> float:
    """Training and validation views, and strange maps, seen by all networks."""
    from reproduce.papers.chardin2021.strange.kinds import TO_BUILD, maps_to_build

    sets = settings.observer.sets
    strange = maps_to_build(sets.training) * len(TO_BUILD)
    seen = sets.training + 2 * sets.validation + strange
    return START_PREDICTION_MS + seen * (_observer_ms(settings, False) + LOOKING_MS) + strange * STRANGE_MS


def observer_evaluate(settings: Settings) -> float:
    """Test views, asked about in several ways."""
    return START_PREDICTION_MS + settings.observer.sets.test * (5 * _observer_ms(settings, False) + LOOKING_MS)


def _observer_ms(settings: Settings, training: bool) -> float:
    """Of all members on one view."""
    group, times = settings.observer.train, TRAINING_MS if training else PREDICTION_MS
    widths = {"encoder_decoder": group.width, "regressor": group.regressor_width}
    return group.members * sum(times[name]["compact"] * width**2 for name, width in widths.items())


def _trial_epochs(settings: Settings) -> float:
    """Epochs of one network's trials. A run of Hyperband has as many brackets as halvings fit, plus one, and each
    costs about as many trainings to the end (Li et al. 2018, Sect. 3)."""
    group = settings.tune
    if group.trials is not None:
        return float(group.trials * group.trial_epochs)
    brackets = math.floor(math.log(max(1.0, group.trial_epochs / group.hyperband_step), group.hyperband_factor)) + 1
    return float(group.hyperband_iterations * brackets**2 * group.trial_epochs)


def _kinds(train: Train) -> dict[str, tuple[str, float]]:
    """Architecture of each network and the factor of its width on its layers' work."""
    return {
        "encoder_decoder": (train.architecture, train.width**2),
        "regressor": (train.regressor_architecture, train.regressor_width**2),
    }


def _training_ms(train: Train, network: str) -> float:
    kind, factor = _kinds(train)[network]
    perceptual = VGG16_MS if network == "encoder_decoder" and train.loss == "vgg16" else 0.0
    return TRAINING_MS[network][kind] * factor + perceptual


def _prediction_ms(train: Train) -> float:
    return train.members * sum(PREDICTION_MS[name][kind] * factor for name, (kind, factor) in _kinds(train).items())
