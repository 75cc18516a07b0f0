"""`params.yaml` as checked, typed settings, with a profile laid under it.

The values of a run are, from weakest to strongest: the defaults below, the profile
(`undertone/profiles/NAME.yaml`), the keys of `params.yaml` (and of `--set` on the command line).
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from undertone.errors import ConfigError
from undertone.use import Purpose, Role

PROFILES = Path(__file__).parent / "profiles"
Tuning = Literal["full", "lora", "prefix", "adapter", "frozen"]
StrategyName = Literal["naive", "replay", "ewc", "lwf", "lora", "lora_replay", "steady", "joint"]
Score = Literal["uar", "macro_f1", "weighted_f1"]
Engine = Literal["torch", "bfloat16", "int8"]
SelectBy = Literal[Score, "last"]


class Section(BaseModel):
    """A part of the settings: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GeneratedParams(Section):
    """The generated corpus (espeak-ng)."""

    clips: int = Field(1600, ge=1)
    speakers: int = Field(30, ge=24)
    first_speaker: int = Field(0, ge=0)
    channel: Literal["studio", "telephone", "street"] = "studio"
    emotion_weights: dict[str, float] = Field(default_factory=dict)
    seed: int = 17


class CorpusParams(Section):
    """What to ingest: `name` is an adapter, `path` its folder or file, or an fsspec URI of one.

    The corpus `generated` has no path.
    """

    name: str = "generated"
    path: str | None = None
    context_characters: int = Field(200, ge=0)  # of earlier turns, in a corpus of dialogues
    generated: GeneratedParams = GeneratedParams()


class SplitParams(Section):
    """Who trains, who validates, who tests. Always by speaker."""

    protocol: Literal["speakers", "official"] = "speakers"
    validation: float = Field(0.15, gt=0, lt=0.5)
    test: float = Field(0.25, gt=0, lt=0.5)
    seed: int = 17


class AudioParams(Section):
    """Bounds on what is decoded, and how it is cleaned before it is heard."""

    max_bytes: int = Field(50_000_000, gt=0)
    max_seconds: float = Field(600.0, gt=0)
    min_seconds: float = Field(0.2, gt=0)
    max_channels: int = Field(2, ge=1)
    min_sample_rate: int = Field(8_000, gt=0)
    max_sample_rate: int = Field(96_000, gt=0)
    loudness_lufs: float = Field(-23.0, le=0)
    silence_dbfs: float = Field(-70.0, lt=0)
    clipped_share: float = Field(0.02, gt=0, le=1)
    denoise: bool = False


class ListeningParams(Section):
    """The Whisper that hears: transcript, word times and acoustic states from one folder."""

    whisper: str = "whisper-demo"
    engine: Engine = "torch"  # of the encoder, see undertone.speech.engines
    transcribe: bool = True
    device: str = "auto"
    compute_type: str = "int8"
    beam_size: int = Field(1, ge=1)
    language: str = "en"
    max_new_tokens: int = Field(224, ge=1)  # of a window; fewer for a short one
    views: int = Field(0, ge=0)  # changed ones of each recording, see undertone.speech.views


class ModelParams(Section):
    """The fused model's encoders and head."""

    text_encoder: str = "scratch"
    image_encoder: str | None = None
    hidden_size: int = Field(128, ge=8)
    pooling: Literal["statistics", "attention"] = "statistics"
    input_dropout: float = Field(0.3, ge=0, lt=1)
    dropout: float = Field(0.2, ge=0, lt=1)
    modality_dropout: float = Field(0.2, ge=0, lt=1)


class FaceParams(Section):
    """The pretrained face classifier that reads a picture of the speaker, beside the fused model.

    Attributes:
        classifier: a folder with an ONNX graph, or an image classification model of transformers.
        required: whether it is an error that the classifier is nowhere to be found.
        detect: whether a face is looked for; without it every picture is one already, cut out.
        trust: power of its distribution in the product with the model's, where no validation
            pictures taught a better one.
    """

    classifier: str | None = None
    required: bool = True
    detect: bool = True
    trust: float = Field(0.5, ge=0, le=1)


class TrainingParams(Section):
    """Fine-tuning by the Hugging Face Trainer.

    Attributes:
        batch_size: utterances of a step, those of all processes and accumulated parts together.
        bfloat16: on a CPU too; `auto` where a GPU has it.
        processes: that train together, one for each GPU; without it as many as there are GPUs
            that share a batch evenly, and one without a GPU.
        gradient_accumulation: parts that a step is computed in, one after the other, for memory.
        gradient_checkpointing: compute states of encoder layers twice rather than keep them.
        loader_workers: processes beside each one that trains, which make its batches.
        shard_window: shards of a packed corpus that utterances are mixed from at a time.
        checkpoint_steps: steps between checkpoints within an epoch; each epoch ends with one.
    """

    tuning: Tuning = "frozen"
    init: str | None = None  # a bundle to go on from, in place of new heads and `model`
    epochs: int = Field(30, ge=0)  # of the heads, or of all after `init`
    encoder_epochs: int = Field(4, ge=1)  # of lora and full, after the heads' own epochs
    batch_size: int = Field(32, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    encoder_learning_rate: float = Field(3e-4, gt=0)
    weight_decay: float = Field(0.1, ge=0)
    warmup_steps: int = Field(20, ge=0)
    label_smoothing: float = Field(0.05, ge=0, lt=1)
    coverage: float = Field(0.95, gt=0, le=1)  # share of validation speech that is sure enough
    class_weights: float = Field(1.0, ge=0, le=1)  # 0 none, 1 as rare as each is, .5 between
    select_by: SelectBy = "uar"
    lora_rank: int = Field(8, ge=1)
    prefix_length: int = Field(16, ge=1)  # learned states before those of each acoustic layer
    frozen_layers: int = Field(0, ge=0)  # of the acoustic encoder, at the bottom, left untuned
    patience: int = Field(8, ge=1)
    refit: bool = False  # on the validation speakers too, for the epochs that they chose
    group_by_length: bool = False  # batches of texts of like length
    bfloat16: bool | Literal["auto"] = "auto"
    processes: int | None = Field(None, ge=1)
    gradient_accumulation: int = Field(1, ge=1)
    gradient_checkpointing: bool = False
    loader_workers: int = Field(0, ge=0)
    shard_window: int = Field(4, ge=1)
    checkpoint_steps: int | None = Field(None, ge=1)
    loggers: tuple[Literal["dvclive", "tensorboard", "wandb"], ...] = ()
    device: str = "auto"
    seed: int = 17

    @model_validator(mode="after")
    def _require_epochs(self) -> Self:
        if self.tuning == "frozen" and not self.epochs:
            raise ValueError("training.epochs must be 1 or more where the heads alone are trained")
        shares = (self.processes or 1) * self.gradient_accumulation
        if self.batch_size % shares:
            raise ValueError(
                f"training.batch_size of {self.batch_size} cannot be shared evenly by "
                f"{shares} (training.processes times training.gradient_accumulation)"
            )
        return self


class RangeParams(Section):
    """Values between two bounds; whole numbers where both are, and evenly by ratio with `log`."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low must be less than high, and more than 0 with log")
        return self


Choices = Annotated[tuple[int | float | str, ...], Field(min_length=1)]


SPACE: dict[str, RangeParams | Choices] = {
    "training.learning_rate": RangeParams(low=3e-4, high=5e-3, log=True),
    "training.weight_decay": RangeParams(low=0.01, high=0.5, log=True),
    "training.label_smoothing": RangeParams(low=0.0, high=0.2),
    "model.input_dropout": RangeParams(low=0.0, high=0.6),
    "model.dropout": RangeParams(low=0.0, high=0.5),
    "model.hidden_size": (64, 128, 256),
}


class SearchParams(Section):
    """What `undertone search` tries.

    Attributes:
        trials: in all, those that were given up early among them.
        space: settings by `section.key`, each with a range or a list of choices.
    """

    trials: int = Field(20, ge=1)
    space: dict[str, RangeParams | Choices] = Field(SPACE, min_length=1)


class TimelineParams(Section):
    """Emotion over time; `undertone diarise` measures what suits a model.

    Validation speakers of EmoDB chose windows of 1.25 to 1.75 s and costs of 4 to 8.

    Attributes:
        window_seconds: how much is heard around each step, rounded to an odd number of steps.
        hop_seconds: length of a step.
        switch_cost: what a change of emotion must gain in summed log-probability.
        joined: how many recordings of each speaker, at most, are joined with neutral ones to
            teach a bundle its timeline; 0 teaches none.
    """

    window_seconds: float = Field(1.75, gt=0)
    hop_seconds: float = Field(0.25, ge=0.02)
    switch_cost: float = Field(8.0, ge=0)
    joined: int = Field(8, ge=0)


class ContinualParams(Section):
    """Retraining on feedback without forgetting; measured in benchmarks/loop/continual.py.

    Attributes:
        tenant: whose feedback alone is learnt from, for a model that answers them alone.
        strategy: one of `undertone.continual.strategies`.
        epochs: at most; a strategy that starts anew trains `training.epochs`.
        replay_share: of old utterances among those that a strategy trains on that rehearses some.
        memory_mb: what remembered training utterances may take, with recordings and statistics.
        blend: share of what was learnt in the final weights, of a strategy that blends.
        ewc_weight: of the penalty of elastic weight consolidation.
        lwf_weight: of the penalty of learning without forgetting.
        min_labels: fewer start no retrain.
        holdout: share of the new utterances that never train.
    """

    tenant: str | None = None
    strategy: StrategyName = "steady"
    epochs: int = Field(7, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    replay_share: float = Field(0.5, ge=0, lt=1)
    memory_mb: float = Field(500.0, gt=0)
    blend: float = Field(0.5, gt=0, le=1)
    ewc_weight: float = Field(3000.0, ge=0)
    lwf_weight: float = Field(1.0, ge=0)
    min_labels: int = Field(60, ge=1)
    holdout: float = Field(0.35, gt=0, lt=0.5)


class AdapterParams(Section):
    """A model of a tenant's own from few clips; measured in benchmarks/loop/adapters.py.

    Attributes:
        epochs: all of them; the clips are too few to choose one by.
        batch_size: clips and rehearsed utterances of a step.
        replay_share: of old utterances among those that are trained on.
        folds: parts of the clips, each of which is held out once.
        min_clips: fewer make no adapter.
    """

    epochs: int = Field(30, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    batch_size: int = Field(8, ge=1)
    replay_share: float = Field(0.5, ge=0, lt=1)
    folds: int = Field(5, ge=2)
    min_clips: int = Field(5, ge=2)


class FeedbackParams(Section):
    """Whose feedback is learnt from, see monitoring/README.md.

    Attributes:
        trusted: names of API keys, or of sources where callers need no key, whose word is taken.
            What is answered in the shell is trusted anyway.
        quota: share of all labels that one voice may give which is not trusted.
        agreement: with what others settled, below which a voice that is not trusted is not heard.
        overlap: predictions that it must share with others to be measured by that.
        influence: UAR that a voice's labels may cost a quick model on trusted speech.
    """

    trusted: tuple[str, ...] = ()
    quota: float = Field(0.4, ge=0, lt=1)
    agreement: float = Field(0.6, ge=0, le=1)
    overlap: int = Field(10, ge=1)
    influence: float = Field(0.02, ge=0)


class PromotionParams(Section):
    """The promotion gate, and when what it promoted goes back.

    Attributes:
        min_gain: UAR to gain on the new domain; its interval must lie above 0 too. With 0, none is
            asked for.
        max_forgetting: UAR that may be lost on the old domain.
        max_part_loss: recall that one emotion, or UAR that one group of speakers, may surely lose.
        max_ece_rise: of the expected calibration error, on either domain.
        min_holdout: utterances that the new domain is judged by, at least.
        min_part: utterances of an emotion or group, fewer of which say nothing.
        behaviour_clips: old test recordings, at most, on which both are put through the behavioural
            suite; 0 for none.
        probation_hours: for which a new champion is compared with the one before.
        max_doubt_rise: by which the share of its answers may rise that are doubtful or contradicted
            by feedback.
    """

    min_gain: float = Field(0.02, ge=0)
    max_forgetting: float = Field(0.03, ge=0)
    max_part_loss: float = Field(0.10, ge=0)
    max_ece_rise: float = Field(0.05, ge=0)
    min_holdout: int = Field(30, ge=1)
    min_part: int = Field(30, ge=1)
    behaviour_clips: int = Field(100, ge=0)
    probation_hours: float = Field(48.0, ge=0)
    max_doubt_rise: float = Field(0.10, gt=0, lt=1)


class DriftParams(Section):
    """The drift gate, see monitoring/README.md.

    Attributes:
        shift: δ, the smallest shift of an emotion's share worth acting on; without it as small as
            the reference allows.
        signal_shift: the same of a signal's mean rank.
        negative: emotions whose share together is watched for surges.
        negative_shift: the smallest surge worth an alert.
        segments: channels, tenants and languages that are watched by themselves, at most.
        false_alarms_per_30_days: expected at most, if nothing is wrong.
        windows_per_day: nominal; windows may be of any length.
        power: with which the numbers of calls are told that a shift of δ needs.
    """

    shift: float | None = Field(None, gt=0, lt=0.5)
    signal_shift: float = Field(0.10, gt=0, lt=0.5)
    negative: tuple[str, ...] = ("anger", "fear", "sadness")
    negative_shift: float = Field(0.10, gt=0, lt=0.5)
    segments: int = Field(20, ge=0)
    false_alarms_per_30_days: float = Field(1.0, gt=0)
    windows_per_day: float = Field(24.0, gt=0)
    power: float = Field(0.8, gt=0, lt=1)


class TriggerParams(Section):
    """When a retrain that a verdict asked for may start.

    Attributes:
        cooldown_hours: from the end of one to the start of the next, whatever came of it.
        per_week: that may start within seven days.
        lease_minutes: after which one that was started and is silent may be started again.
    """

    cooldown_hours: float = Field(24.0, ge=0)
    per_week: int = Field(3, ge=0)
    lease_minutes: float = Field(360.0, gt=0)


class OidcParams(Section):
    """An identity provider whose signed tokens (JWT) are taken beside API keys.

    Attributes:
        issuer: the `iss` that a token must name.
        audience: the `aud` that a token must name.
        keys: the provider's public keys (JWKS): an `https://` address, or a file.
        scopes_claim: where a token lists its scopes, as words or as a list.
        algorithms: signatures that are taken; asymmetric ones alone, as the keys are public.
        leeway_seconds: by how much clocks may differ.
    """

    issuer: str
    audience: str
    keys: str
    scopes_claim: str = "scope"
    algorithms: tuple[Literal["RS256", "PS256", "ES256", "ES384", "EdDSA"], ...] = (
        "RS256",
        "ES256",
    )
    leeway_seconds: float = Field(10.0, ge=0, le=300)


class AccessParams(Section):
    """Who may do what with the service, see docs/operating.md.

    Attributes:
        required: whether callers must show a key or token; if not said, only a service that
            listens on this machine alone (127.0.0.1) is open.
        oidc: an identity provider, beside the keys of `undertone keys`.
        default_role: who speaks where a caller does not say; without it, callers must.
        default_purpose: what for, where a caller does not say; without it, callers must.
    """

    required: bool | None = None
    oidc: OidcParams | None = None
    default_role: Role | None = None
    default_purpose: Purpose | None = None


class ServingParams(Section):
    """What the service keeps, how often it looks for a new champion, and how much it takes.

    Attributes:
        engine: of the encoder in service; that of `listening` without it.
        workers: processes, one computing thread each; no more than processors.
        batch: utterances that go through the model together, at most.
        canary_share: of the conversations that the challenger answers.
        shadow_share: of those whose answers it only compares with its own.
        objective_seconds: within which an utterance should be answered; one that cannot be
            expected to is told at once to come back.
        keep_text: whether words are kept, of speakers who consent.
        keep_audio: whether recordings are kept, of speakers who consent.
        retention_days: after which predictions, feedback, text and audio are deleted; null keeps
            them until they are asked to be forgotten.
        log_format: `text` for people, `json` for programs.
    """

    keep_text: bool = False
    keep_audio: bool = False
    retention_days: float | None = Field(90.0, gt=0)
    log_format: Literal["text", "json"] = "text"
    poll_seconds: float = Field(1.0, gt=0)
    timeout_seconds: int = Field(60, ge=1)
    max_waiting: int = Field(64, ge=1)
    engine: Engine | None = None
    workers: int = Field(1, ge=1)
    batch: int = Field(16, ge=1, le=64)
    objective_seconds: float = Field(5.0, gt=0)
    canary_share: float = Field(0.0, ge=0, le=1)
    shadow_share: float = Field(0.0, ge=0, le=1)
    max_image_bytes: int = Field(5_000_000, gt=0)
    max_text_characters: int = Field(5_000, gt=0)


class StreamingParams(Section):
    """Live audio: where utterances end, how often they are judged, how much is taken.

    Attributes:
        pause_seconds: silence that ends an utterance.
        padding_seconds: of what surrounds an utterance is judged with it. A listener takes up to
            half a second of silence at the ends for part of an utterance, so that with more of it
            the ends are found as those of a file are.
        longest_seconds: of an utterance; one that goes on is cut at its quietest point.
        shortest_seconds: of speech; less is a noise.
        first_seconds: of speech, after which an utterance is judged for the first time.
        provisional_seconds: from one judgement of an utterance to the next, at least.
        streams: open at once, in each worker.
        max_seconds: of a stream, by its audio and by the clock.
        idle_seconds: without a frame, after which a stream is closed.
        speed: times real time at which audio is taken, at most.
        ahead_seconds: how far a caller may send ahead of what was heard.
    """

    pause_seconds: float = Field(0.65, ge=0.1, le=5)
    padding_seconds: float = Field(0.65, ge=0.1, le=1)
    longest_seconds: float = Field(20.0, ge=2, le=30)
    shortest_seconds: float = Field(0.1, ge=0.03, le=1)
    first_seconds: float = Field(0.3, ge=0.1)
    provisional_seconds: float = Field(0.75, ge=0.1)
    streams: int = Field(16, ge=1)
    max_seconds: float = Field(3600.0, gt=0)
    idle_seconds: float = Field(20.0, gt=0)
    speed: float = Field(8.0, ge=1)
    ahead_seconds: float = Field(20.0, ge=1)


class LongParams(Section):
    """Long recordings: what one may be, and how many are taken.

    They are cut into utterances as a stream is, see `StreamingParams`.

    Attributes:
        max_bytes: of the file.
        max_seconds: of the recording, decoded.
        upload_seconds: within which the file must have arrived.
        running: that are heard at once, in each worker.
        waiting: that wait for their turn, in each worker; more are told to come back.
        keep_hours: how long answers can be fetched.
    """

    max_bytes: int = Field(1_000_000_000, gt=0)
    max_seconds: float = Field(14_400.0, gt=0)
    upload_seconds: int = Field(600, ge=1)
    running: int = Field(1, ge=1)
    waiting: int = Field(4, ge=0)
    keep_hours: float = Field(24.0, gt=0)


class ClusterParams(Section):
    """What the steps of a pipeline need on a cluster beside their code; a local run ignores it.

    Attributes:
        namespace: of Kubeflow's profile, where Kubeflow has several users.
        experiment: under which runs are listed.
        service_account: as which the steps run; that of the installation without it.
        pipeline_root: where artifacts go, e.g. `s3://bucket/prefix`; the installation's without it.
        cache: whether a step that ran before with the same input is not run again. Steps that read
            the store, or a folder by name, always run.
        image: of the steps; `UNDERTONE_IMAGE` without it.
        gpu_image: of those that ask for a GPU; `image` without it.
        gpus: of each of those; 0 trains on processors.
        tolerations: keys of taints that GPU steps put up with.
        node_labels: that a node must have for a GPU step.
        shared_memory: size of `/dev/shm` in GPU steps, for data loaders.
        environment: variables of all steps, none of them secret.
        secrets: Kubernetes secrets, each with its keys and the variables that they become.
        optional_secrets: the same of secrets that need not exist.
        volumes: paths in all steps, and the persistent volume claims that are mounted there.
        pull_secrets: Kubernetes secrets with which images are pulled.
    """

    namespace: str | None = None
    experiment: str = "undertone"
    service_account: str | None = None
    pipeline_root: str | None = None
    cache: bool = True
    image: str | None = None
    gpu_image: str | None = None
    gpus: int = Field(1, ge=0)
    tolerations: tuple[str, ...] = ("nvidia.com/gpu",)
    node_labels: dict[str, str] = Field(default_factory=dict)
    shared_memory: str = Field("8Gi", pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti)$")
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = Field(default_factory=dict)
    optional_secrets: dict[str, dict[str, str]] = Field(default_factory=dict)
    volumes: dict[str, str] = Field(default_factory=dict)
    pull_secrets: tuple[str, ...] = ()


class Params(Section):
    """All settings of a run."""

    profile: str = "demo"
    corpus: CorpusParams = CorpusParams()
    split: SplitParams = SplitParams()
    audio: AudioParams = AudioParams()
    listening: ListeningParams = ListeningParams()
    model: ModelParams = ModelParams()
    face: FaceParams = FaceParams()
    training: TrainingParams = TrainingParams()
    search: SearchParams = SearchParams()
    timeline: TimelineParams = TimelineParams()
    continual: ContinualParams = ContinualParams()
    adapter: AdapterParams = AdapterParams()
    feedback: FeedbackParams = FeedbackParams()
    promotion: PromotionParams = PromotionParams()
    drift: DriftParams = DriftParams()
    trigger: TriggerParams = TriggerParams()
    serving: ServingParams = ServingParams()
    access: AccessParams = AccessParams()
    streaming: StreamingParams = StreamingParams()
    long: LongParams = LongParams()
    cluster: ClusterParams = ClusterParams()


def load_params(
    path: Path | None = None,
    *,
    profile: str | None = None,
    overrides: Sequence[str] = (),
) -> Params:
    """Read the settings of a run.

    Args:
        path: a `params.yaml`; without it the defaults and the profile alone count.
        profile: a profile's name that replaces the file's own `profile`. The file's other keys
            were written for its own profile, so they are then left out.
        overrides: `section.key=value` strings, the value in YAML. `profile=NAME` counts like
            `profile`, which goes before it.

    Raises:
        ConfigError: a file or profile is missing, a key is unknown or a value out of range.
    """
    values = _read_yaml(path) if path else {}
    changes: dict[str, Any] = {}
    for override in overrides:
        changes = _merge(changes, _parse_override(override))
    profile = profile or changes.pop("profile", None)
    if profile and profile != values.get("profile", "demo"):
        values = {}
    name = str(profile or values.get("profile", "demo"))
    merged = _merge(_merge(_read_yaml(_profile_path(name)), values), changes)
    merged["profile"] = name
    source = f"{path or 'defaults'} with profile {name}"
    return _validated(merged, source)


def params_from_json(text: str) -> Params:
    """Settings from the JSON string that pipelines pass along.

    Raises:
        ConfigError: the text is not the JSON of valid settings.
    """
    try:
        return Params.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(_explain(error, "pipeline parameter 'params'")) from error


def with_settings(params: Params, values: Mapping[str, Any]) -> Params:
    """Settings with some of them changed.

    Args:
        params: the others.
        values: by `section.key`.

    Raises:
        ConfigError: a key is unknown or a value out of range.
    """
    changed: dict[str, Any] = params.model_dump(mode="json")
    for key, value in values.items():
        changed = _merge(changed, _nested(key, value))
    return _validated(changed, f"{', '.join(values)} and the others")


def as_yaml(params: Params) -> str:
    """A settings file that `load_params` reads as these settings."""
    told = _differences(params, load_params(profile=params.profile))
    return yaml.safe_dump({"profile": params.profile} | told, sort_keys=False)


def home() -> Path:
    """The folder of all state of this installation: `UNDERTONE_HOME`, or `.undertone` here."""
    return Path(os.environ.get("UNDERTONE_HOME", ".undertone")).resolve()


def bundles() -> str | None:
    """Where registered models are shared: `UNDERTONE_BUNDLES`, an fsspec URI, if it is set."""
    return os.environ.get("UNDERTONE_BUNDLES", "").rstrip("/") or None


def _profile_path(name: str) -> Path:
    path = PROFILES / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in PROFILES.glob("*.yaml")))
        raise ConfigError(f"There is no profile '{name}'. Known profiles: {known}.")
    return path


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} is not readable YAML: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold sections (key: value), not a {type(values).__name__}.")
    return values


def _parse_override(text: str) -> dict[str, Any]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise ConfigError(f"'{text}' is not a setting. Write section.key=value.")
    try:
        nested: Any = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"The value of '{text}' is not YAML: {error}") from error
    return _nested(key, nested)


def _nested(key: str, value: Any) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return dict(value)


def _differences(section: Section, other: Section) -> dict[str, Any]:
    """What a section says otherwise than another one, in types of YAML."""
    values, found = section.model_dump(mode="json"), {}
    for name in type(section).model_fields:
        mine, theirs = getattr(section, name), getattr(other, name)
        if isinstance(mine, Section) and isinstance(theirs, Section):
            found[name] = _differences(mine, theirs)
        elif mine != theirs:
            found[name] = values[name]
    return {name: value for name, value in found.items() if value != {}}


def _merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _merge(below, value)
        else:
            merged[key] = value
    return merged


def _validated(values: Mapping[str, Any], source: str) -> Params:
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, source)) from error


def _explain(error: ValidationError, source: str) -> str:
    lines = [f"Settings of {source} are not valid:"]
    for problem in error.errors():
        place = ".".join(str(part) for part in problem["loc"]) or "(top)"
        lines.append(f"  {place}: {problem['msg']} (got {problem.get('input')!r:.80})")
    return "\n".join(lines)
