"""configs/transformer.cfg end to end, on transformers of two layers that are made here."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chitieu.annotation.gold import write_annotated
from chitieu.annotation.inline import parse_inline
from chitieu.article import Article
from chitieu.errors import ModelError
from chitieu.pipeline import load, tag
from chitieu.training.corpora import Corpora
from chitieu.training.train import train

if find_spec("spacy_transformers") is None:
    pytest.skip("needs the extra: pip install 'chitieu[transformer]'", allow_module_level=True)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ARTICLES = Path(__file__).with_name("test_transformer_articles.txt")
WIDTH = 32


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Matrices of this size are multiplied faster by one thread, much faster where cores are shared."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def articles():
    return [parse_inline(part.strip() + "\n") for part in ARTICLES.read_text(encoding="utf-8").split("\n#####\n")]


@pytest.fixture(scope="module")
def words(articles):
    """The tokens of the articles as PhoBERT reads them."""
    from chitieu.tokenizer import segment

    texts = [article.article.text for article in articles]
    return ["_".join(text[start:end].split()) for text in texts for start, end in segment(text)]


def make_transformer(folder: Path, kind: str) -> None:
    """Weights of a tiny transformer that takes 40 sub-words, beside its tokenizer's files."""
    import torch
    from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

    torch.manual_seed(1)
    sizes = {
        "vocab_size": 2000,
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 64,
    }
    if kind == "phobert":
        config = RobertaConfig(**sizes, max_position_embeddings=42, tokenizer_class="PhobertTokenizer")
        RobertaModel(config).save_pretrained(folder)
    else:
        BertModel(BertConfig(**sizes, max_position_embeddings=40)).save_pretrained(folder)


@pytest.fixture(scope="module")
def phobert(tmp_path_factory, words):
    """A folder like a download of PhoBERT: vocab.txt and bpe.codes, and nothing that tells the window's size."""
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.trainers import BpeTrainer

    folder = tmp_path_factory.mktemp("phobert")
    learned = Tokenizer(BPE(end_of_word_suffix="</w>"))
    learned.pre_tokenizer = WhitespaceSplit()
    learned.train_from_iterator(words, BpeTrainer(vocab_size=700, end_of_word_suffix="</w>", show_progress=False))
    model = json.loads(learned.to_str())["model"]
    pairs = [merge if isinstance(merge, list) else merge.split(" ") for merge in model["merges"]]
    (folder / "bpe.codes").write_text("".join(f"{left} {right} 1\n" for left, right in pairs), encoding="utf-8")
    pieces = [piece[:-4] if piece.endswith("</w>") else piece + "@@" for piece in model["vocab"]]
    (folder / "vocab.txt").write_text("".join(f"{piece} 1\n" for piece in pieces), encoding="utf-8")
    make_transformer(folder, "phobert")
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory, words):
    """A folder with a fast word-piece tokenizer, as most transformers have."""
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    learned = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    learned.train_from_iterator([word.replace("_", " ") for word in words], vocab_size=700, show_progress=False)
    learned.save_model(str(folder))
    BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False, strip_accents=False).save_pretrained(folder)
    make_transformer(folder, "bert")
    return folder


@pytest.fixture(scope="module")
def corpora(tmp_path_factory, articles):
    folder = tmp_path_factory.mktemp("corpus")
    write_annotated(folder / "all.jsonl", articles)
    return Corpora((folder / "all.jsonl",), (folder / "all.jsonl",))


def train_few_steps(folder: Path, output: Path, corpora: Corpora, on_step=None, **overrides):
    settings = {
        "paths.transformer": str(folder),
        "training.max_epochs": 0,
        "training.max_steps": 80,
        "training.eval_frequency": 20,
        "training.optimizer.learn_rate.initial_rate": 0.002,
        "training.optimizer.learn_rate.warmup_steps": 1,
        "training.batcher.size": 150,
        **overrides,
    }
    log = (output.parent / f"{output.name}.log").open("w+", encoding="utf-8")
    with log:
        train(
            ROOT / "configs" / "transformer.cfg",
            output,
            corpora,
            vectors=Path("none"),
            overrides=settings,
            log=log,
            on_step=on_step,
        )
        log.seek(0)
        return log.read()


@pytest.fixture(scope="module")
def trained(tmp_path_factory, phobert, corpora):
    """Folder of the trained model, and what the training printed."""
    output = tmp_path_factory.mktemp("models") / "phobert"
    return output, train_few_steps(phobert, output, corpora)


@pytest.fixture(scope="module")
def nlp(trained):
    return load(trained[0])


def pieces_of(nlp, doc):
    """The sub-words aligned with each token, one list a window."""
    data = doc._.trf_data
    flat = [piece for row in data.wordpieces.strings for piece in row]
    ends = data.align.lengths.cumsum()
    return [
        [flat[i] for i in data.align.dataXd[end - n : end]] for n, end in zip(data.align.lengths, ends, strict=True)
    ]


def test_windows_cover_every_token():
    from chitieu.transformer import cut_windows

    @given(st.integers(1, 12), st.integers(0, 6), st.data())
    def check(most, overlap, data):
        lengths = data.draw(st.lists(st.integers(0, most), max_size=60))
        windows = cut_windows(lengths, most, overlap)
        times = [sum(start <= token < end for start, end in windows) for token in range(len(lengths))]
        assert set(times) <= {1, 2}
        for start, end in windows:
            assert start < end
            assert sum(lengths[start:end]) <= most
        for (_, end), (start, _) in itertools.pairwise(windows):
            assert sum(lengths[start:end]) <= overlap

    check()


def test_losses_are_finite_and_fall(trained):
    rows = [re.split(r"\s+", line.strip()) for line in trained[1].splitlines() if re.match(r"\s*\d+\s+\d+\s", line)]
    losses = [[float(value) for value in row[2:5]] for row in rows]  # transformer, ner, relation
    assert len(losses) == 5
    assert all(value < float("inf") for row in losses for value in row)
    assert losses[-1][1] < 0.8 * losses[1][1]
    assert losses[-1][2] < 0.8 * losses[1][2]


def test_what_was_trained_on_is_known(trained):
    scores = json.loads((trained[0] / "meta.json").read_text(encoding="utf-8"))["performance"]
    assert scores["ents_f"] > 0.5
    assert scores["value_f"] > 0.5


def test_every_part_of_the_model_learns(trained, phobert):
    import torch
    from transformers import AutoModel

    before = AutoModel.from_pretrained(str(phobert)).state_dict()
    after = load(trained[0]).get_pipe("transformer").model.layers[0].shims[0].transformer.state_dict()
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in before if "encoder" in name and "weight" in name} <= changed


def test_interrupted_and_resumed_is_bit_for_bit_as_uninterrupted(tmp_path, phobert, corpora):
    """Weights, moments and dropout of PyTorch go on too."""
    few = {"training.max_steps": 9, "training.eval_frequency": 3}
    few["training.optimizer.learn_rate.warmup_steps"] = 4

    def stop(step):
        if step.step == 5:
            raise KeyboardInterrupt

    train_few_steps(phobert, tmp_path / "whole", corpora, **few)
    with pytest.raises(KeyboardInterrupt):
        train_few_steps(phobert, tmp_path / "broken", corpora, on_step=stop, **few)
    assert "Goes on" in train_few_steps(phobert, tmp_path / "broken", corpora, **few)
    for name in ("transformer", "ner", "chitieu_relation"):
        whole, broken = (load(tmp_path / folder).get_pipe(name).model.to_bytes() for folder in ("whole", "broken"))
        assert whole == broken


@pytest.mark.parametrize("only", ["ner", "chitieu_relation"])
def test_each_component_sends_a_gradient_to_the_transformer(trained, articles, only):
    from spacy.training import Example

    from chitieu.annotation.docs import make_example

    nlp = load(trained[0])
    examples: list[Example] = [make_example(nlp, article) for article in articles[:2]]
    shim = nlp.get_pipe("transformer").model.layers[0].shims[0]
    nlp.get_pipe("chitieu_relation").cfg["gold_spans"] = 1.0
    names = ["transformer", "ner", "chitieu_relation"]
    with nlp.select_pipes(enable=names):
        losses: dict[str, float] = {}
        transformer, last = nlp.get_pipe("transformer"), nlp.get_pipe(only)
        for other in set(names) - {"transformer", only}:
            for listener in list(transformer.listener_map[other]):
                transformer.remove_listener(listener, other)
        transformer.update(examples, losses=losses)
        last.update(examples, losses=losses)
    gradient = shim.transformer.get_submodule("encoder.layer.0.attention.self.query").weight.grad
    assert losses[only] > 0
    assert float(gradient.abs().sum()) > 0


def test_subwords_of_each_token_spell_it(nlp, articles):
    for article in articles:
        for text in (article.article.text, unicodedata.normalize("NFD", article.article.text)):
            doc = nlp(text)
            longer = 0
            for token, pieces in zip(doc, pieces_of(nlp, doc), strict=True):
                word = "_".join(unicodedata.normalize("NFC", token.text).split())
                spelt = "".join(piece.removesuffix("@@") for piece in pieces)
                assert spelt in {word, word + word}, token  # twice where two windows meet
                longer += spelt != word
            assert longer > 0  # these articles are longer than the window
            assert any(" " in token.text for token in doc)


# Composed and decomposed letters, glued units, numerals, emoji of several characters, letters that no Vietnamese
# vocabulary holds, a word longer than the window, what would be a special sub-word, white space of every kind.
STRETCHES = st.one_of(
    st.sampled_from(
        [
            "Hợp tác xã", "đạt", "triệu đồng", "87HTX", "12ha", "5,6tỷ", "1.183/1000", "4.215", "hoà", "hòa",
            "ngân hàngsẽ", "UBND", "🙂", "👨\u200d👩\u200d👧", "🇻🇳", "Ωж漢字", "e\u0301\u0323", "\u0301", "\u200b",
            "\ufeff", "\x00", "_", "@@", "</w>", "<unk>", "<mask>", "</s>", " ", "  ", "\n", "\t", "\u00a0", ". ", ", ",
            "ưở" * 90, "1" * 60,
            "Thừa Thiên Huế trồng mới cao su " * 9,
        ]
    ),
    st.text(max_size=6),
)  # fmt: skip


def test_every_subword_belongs_to_the_token_that_it_was_cut_from(nlp):
    """On any text: each token's sub-words are its own, in order, all and no other's, in one window or in two."""
    transformer = nlp.get_pipe("transformer")
    tokenizer = transformer.model.layers[0].shims[0].tokenizer
    special = {tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id}

    def cut(token):
        word = "_".join(unicodedata.normalize("NFC", token.text).split())
        ids = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word[:100]))
        return (ids or [tokenizer.unk_token_id])[: 40 - 2] if word else []

    @settings(max_examples=100, deadline=None)
    @given(st.lists(STRETCHES, max_size=25).map("".join), st.sampled_from(["NFC", "NFD", None]))
    def check(text, form):
        doc = nlp.make_doc(text if form is None else unicodedata.normalize(form, text))
        transformer(doc)
        if not len(doc):
            return
        data = doc._.trf_data
        ids, width = data.wordpieces.input_ids.ravel(), data.wordpieces.input_ids.shape[1]
        places = iter(data.align.dataXd.ravel().tolist())
        seen: list[int] = []
        for token, length in zip(doc, data.align.lengths, strict=True):
            own = [next(places) for _ in range(length)]
            expected = cut(token)
            assert ids[own].tolist() in (expected, expected * 2), token
            for start in range(0, length, max(len(expected), 1)):
                part = own[start : start + len(expected)]
                assert part == list(range(part[0], part[0] + len(part)))
                assert part[0] // width == part[-1] // width
            seen += own
        assert len(set(seen)) == len(seen)  # no sub-word is two tokens'
        unused = set(range(len(ids))) - set(seen)
        assert {int(ids[place]) for place in unused} <= special  # and none is nobody's

    check()


def test_tagger_and_relation_model_read_the_same_vectors(nlp):
    transformer = nlp.get_pipe("transformer")
    doc = nlp.make_doc("Năm 2023 đạt 46 hợp tác xã.")
    transformer(doc)
    for name in ("ner", "chitieu_relation"):
        (listener,) = transformer.listener_map[name]
        assert listener in list(nlp.get_pipe(name).model.walk())
        (read,) = listener.predict([doc])
        assert read is doc._.trf_data


def test_vectors_hang_neither_on_the_batch_nor_on_its_order(nlp, articles):
    from thinc.api import reduce_mean
    from thinc.types import Ragged

    def vectors(doc):
        data = doc._.trf_data
        if not len(doc) or data.model_output is None:
            return np.zeros((0, WIDTH))
        flat = data.model_output.last_hidden_state.reshape(-1, WIDTH)[data.align.dataXd.ravel()]
        return reduce_mean().predict(Ragged(flat, data.align.lengths))

    texts = [article.article.text for article in articles]
    texts += ["", " \n ", "Đạt 5 tỷ đồng.", unicodedata.normalize("NFD", texts[0]), "🙂" * 90, "", texts[1] * 3]
    transformer = nlp.get_pipe("transformer")
    alone = [vectors(transformer(nlp.make_doc(text))) for text in texts]
    for order in (range(len(texts)), range(len(texts) - 1, -1, -1)):
        for size in (2, len(texts)):
            docs = transformer.pipe([nlp.make_doc(texts[index]) for index in order], batch_size=size)
            for index, doc in zip(order, docs, strict=True):
                np.testing.assert_allclose(vectors(doc), alone[index], atol=1e-5)


def test_no_window_is_longer_than_the_transformer_takes(nlp, articles):
    data = nlp(articles[0].article.text)._.trf_data
    assert len(data.wordpieces) > 3
    assert max(data.wordpieces.lengths) <= 40
    assert {row[0] for row in data.wordpieces.strings} == {"<s>"}


def test_only_the_name_of_the_transformers_folder_is_kept(trained, phobert):
    config = (trained[0] / "config.cfg").read_text(encoding="utf-8")
    assert f'transformer = "{phobert.name}"' in config


def test_folder_without_weights_gives_one_error(phobert, corpora, tmp_path):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_bytes((phobert / "config.json").read_bytes())
    with pytest.raises(ModelError, match="C308") as error:
        train_few_steps(tmp_path / "broken", tmp_path / "model", corpora)
    assert str(tmp_path / "broken") in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "model").exists()


@pytest.fixture
def folder(phobert, tmp_path):
    """A copy of the folder to spoil."""
    return Path(shutil.copytree(phobert, tmp_path / "spoilt"))


def refused(folder: Path) -> str:
    from chitieu.transformer import load_pretrained

    with pytest.raises(ModelError, match="C308") as error:
        load_pretrained(folder)
    assert str(error.value).startswith(f"{folder}: ")
    assert "\n" not in str(error.value)
    return error.value.message


def change(file: Path, **values) -> None:
    held = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.write_text(json.dumps({**held, **values}), encoding="utf-8")


def test_folder_without_tokenizer(folder):
    for name in ("vocab.txt", "bpe.codes"):
        (folder / name).unlink()
    assert "it holds no tokenizer: none of vocab.txt" in refused(folder)


def test_folder_with_half_a_tokenizer(folder):
    (folder / "bpe.codes").unlink()
    assert "can't be loaded" in refused(folder)


def test_weights_of_another_transformer_are_not_made_up(folder):
    """transformers would fill what is missing with random numbers, and only warn."""
    change(folder / "config.json", num_hidden_layers=3)
    assert "the weights lack 16 that config.json asks for, encoder.layer.2." in refused(folder)


def test_tokenizer_of_another_transformer(folder):
    vocabulary = folder / "vocab.txt"
    more = "".join(f"lạ{number} 1\n" for number in range(2000))
    vocabulary.write_text(vocabulary.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert re.search(r"its tokenizer knows \d+ sub-words, its weights only 2000", refused(folder))


def test_code_in_the_folder_is_neither_run_nor_offered(folder, monkeypatch):
    """transformers asks on the terminal whether to run it, and waits."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked"))
    (folder / "own.py").write_text("raise SystemExit('run')\n", encoding="utf-8")
    code = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    change(folder / "config.json", model_type="own", auto_map=code)
    assert "can't be loaded" in refused(folder)


def test_transformer_that_writes(folder):
    from transformers import MBartConfig, MBartModel

    small = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "vocab_size": 2000, "tie_word_embeddings": True}
    heads = {f"{side}_attention_heads": 2 for side in ("encoder", "decoder")}
    sizes = {f"{side}_ffn_dim": 16 for side in ("encoder", "decoder")}
    MBartModel(MBartConfig(**small, **heads, **sizes)).save_pretrained(folder)
    change(folder / "config.json", tokenizer_class="PhobertTokenizer")
    assert "it writes text as well" in refused(folder)


def test_folder_as_it_is_published(folder):
    """vinai/phobert-base: the weights of a masked language model, as a pickle that torch reads without running it."""
    from transformers import RobertaConfig, RobertaForMaskedLM

    from chitieu.transformer import load_pretrained

    config = RobertaConfig.from_pretrained(folder)
    RobertaForMaskedLM(config).save_pretrained(folder, safe_serialization=False)
    (folder / "model.safetensors").unlink()
    assert (folder / "pytorch_model.bin").is_file()
    assert load_pretrained(folder).transformer.config.hidden_size == WIDTH


def test_tokenizer_of_bytes_takes_words_for_words(words, tmp_path):
    """RoBERTa's own kind, where a word that follows a space has sub-words of its own; stored and loaded too."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

    from chitieu.transformer import WordTransformerShim, build_word_transformer

    learned = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    learned.train_from_iterator([" ".join(words).replace("_", " ")], 600, 1, special_tokens=special)
    learned.save_model(str(tmp_path))
    made = RobertaTokenizerFast(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    made.save_pretrained(tmp_path)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    RobertaModel(RobertaConfig(**sizes, vocab_size=2000, max_position_embeddings=42)).save_pretrained(tmp_path)
    model = build_word_transformer(str(tmp_path), 40, 8, " ")
    model.initialize()
    shim = model.layers[0].shims[0]
    again = WordTransformerShim(False).from_bytes(shim.to_bytes())
    in_text = made.convert_tokens_to_ids(made.tokenize(" tỉnh"))
    assert in_text != made.convert_tokens_to_ids(made.tokenize("tỉnh"))
    assert list(shim.pieces("tỉnh")) == list(again.pieces("tỉnh")) == in_text


@pytest.mark.parametrize(("window", "overlap"), [(2, 0), (40, -1)])
def test_window_without_room(window, overlap):
    from chitieu.transformer import build_word_transformer

    with pytest.raises(ModelError, match="C305"):
        build_word_transformer("phobert-base", window, overlap)


ODD = {
    "empty": "",
    "white space": " \n\n ",
    "one long word": "x" * 30_000,
    "signs": "\u200b \ufffe 🙂",
    "special sub-words": "<mask> </s> <pad> [SEP]",
    "one word often": "năm " * 3000,
    "lines around": "\n\nĐạt 5 tỷ đồng.\n\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_texts(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    for token, pieces in zip(doc, pieces_of(nlp, doc) if len(doc) else [], strict=True):
        assert token.is_space == (not pieces)


def test_a_token_is_read_alike_alone_and_in_a_batch(nlp, articles):
    texts = [article.article.text for article in articles]
    together = list(nlp.pipe(texts))
    for text, doc in zip(texts, together, strict=True):
        assert [ent.text for ent in nlp(text).ents] == [ent.text for ent in doc.ents]


# `chitieu` on a machine where every connection fails.
PROGRAM = """
import socket, sys
def refuse(*_):
    raise SystemExit("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from chitieu.cli import main
main()
"""


def run_command(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "CHITIEU_CACHE": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_commands_in_processes_of_their_own(folder, corpora, tmp_path):
    """As README tells it; the model is moved, and the transformer's folder is gone when it is used."""
    held = corpora.train[0]
    files = ["--alone", "--train", held, "--dev", held, "--corpus", tmp_path]
    config = ROOT / "configs" / "transformer.cfg"
    done = run_command(
        tmp_path, "train", "--config", config, "--transformer", folder.name, *files, "--epochs", 2, "-o", "models/new"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "core F1" in done.stdout
    shutil.rmtree(folder)
    (tmp_path / "models" / "new").rename(tmp_path / "moved")
    (tmp_path / "a.txt").write_text("Năm 2023 toàn tỉnh đạt 46 hợp tác xã.", encoding="utf-8")
    done = run_command(tmp_path, "extract", "a.txt", "--model", "moved", "--save-articles", "tagged.jsonl", "-o", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "tagged.jsonl").is_file()


def test_tags_articles(nlp, articles):
    plain = [Article(id=article.id, text=article.article.text) for article in articles]
    assert [tagged.article.id for tagged in tag(nlp, plain)] == [article.id for article in articles]


def test_model_folder_is_whole_and_holds_no_pickle(trained, phobert, nlp, tmp_path):
    held = (trained[0] / "transformer" / "model").read_bytes()
    assert b"torch._utils" not in held  # what a pickle of weights calls
    assert not any(str(phobert).encode() in path.read_bytes() for path in trained[0].rglob("*") if path.is_file())
    nlp.to_disk(tmp_path / "again")  # stored again after loading
    text = "Toàn tỉnh có 46 hợp tác xã trồng quế."
    again, first = load(tmp_path / "again")(text), nlp(text)
    assert (again._.trf_data.model_output.last_hidden_state == first._.trf_data.model_output.last_hidden_state).all()


def test_transformer_of_plain_text_with_a_fast_tokenizer(bert, corpora, articles, tmp_path):
    log = train_few_steps(
        bert, tmp_path / "bert", corpora, **{"training.max_steps": 4, "components.transformer.model.joiner": " "}
    )
    assert "nan" not in log
    nlp = load(tmp_path / "bert")
    doc = nlp(articles[1].article.text)
    for token, pieces in zip(doc, pieces_of(nlp, doc), strict=True):
        word = "".join(token.text.split())
        assert "".join(piece.removeprefix("##") for piece in pieces) in {word, word + word}
