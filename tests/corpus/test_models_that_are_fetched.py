"""Libraries that fetch their models at the first start, or no longer bring them: told, or refused.

Which do it, and where to, was read in the wheels that knowledge/ names.
"""

from pathlib import Path

import pytest

from tests.corpus.test_what_packages_leave_out import told


@pytest.mark.parametrize(
    ("source", "installed", "named", "certain"),
    [
        (
            "from fastembed import TextEmbedding\nTextEmbedding('BAAI/bge-small-en-v1.5')",
            "fastembed",
            "model BAAI/bge-small-en-v1.5",
            False,
        ),
        (
            "from fastembed.rerank.cross_encoder import TextCrossEncoder as T\nT(model_name='x/y')",
            "fastembed",
            "FASTEMBED_CACHE_PATH",
            False,
        ),
        ("import chromadb\nchromadb.PersistentClient('/data')", "chromadb", "79 MB", False),
        ("import rembg\nrembg.remove(open('a').read())", "rembg onnxruntime", "U2NET_HOME", False),
        (
            "from rembg import new_session\nnew_session('isnet-anime')",
            "rembg onnxruntime",
            "the model isnet-anime",
            False,
        ),
        ("import vosk\nvosk.Model(lang='en-us')", "vosk", "VOSK_MODEL_PATH", False),
        ("import vosk\nvosk.Model('model')", "vosk", "no package brings", False),
        (
            "from openwakeword.model import Model\nModel(wakeword_models=['alexa'])",
            "openwakeword",
            "wheel has no models since 0.6",
            False,
        ),
        ("from TTS.api import TTS\nTTS('tts_models/de/x')", "coqui-tts", "TTS_HOME", False),
        (
            "from pywhispercpp.model import Model\nModel('base.en')",
            "pywhispercpp",
            "model base.en",
            False,
        ),
        ("import onnx_asr\nonnx_asr.load_model('gigaam')", "onnx-asr", "model gigaam", False),
        ("from fast_alpr import ALPR\nALPR()", "fast-alpr", "its detector and its reader", False),
        (
            "from speechbrain.inference import VAD\nVAD.from_hparams(source='speechbrain/ecapa')",
            "speechbrain",
            "downloads speechbrain/ecapa",
            False,
        ),
        (
            "from kokoro import KPipeline\nKPipeline(lang_code='a')",
            "kokoro",
            "image has no pip",
            True,
        ),
        (
            "import mediapipe as mp\nhands = mp.solutions.hands\nhands.Hands()",
            "mediapipe==1.2.3",
            "mediapipe<0.10.30",
            True,
        ),
    ],
)
def test_a_model_that_is_fetched_is_told(
    tmp_path: Path, source: str, installed: str, named: str, *, certain: bool
) -> None:
    found = told(tmp_path, {"main.py": f"{source}\n"}, installed)
    assert [sure for text, sure in found if named in text] == [certain], found


@pytest.mark.parametrize(
    ("source", "installed"),
    [
        ("import chromadb\nchromadb.HttpClient('db')", "chromadb"),
        ("from pywhispercpp.model import Model\nModel('models/ggml-tiny.bin')", "pywhispercpp"),
        ("from kokoro import KPipeline\nKPipeline(lang_code='e')", "kokoro en-core-web-sm"),
        ("import mediapipe as mp\nmp.solutions.hands.Hands()", "mediapipe==0.10.21"),
        (
            "from openwakeword import Model, utils\nutils.download_models('/data')\nModel()",
            "openwakeword",
        ),
    ],
)
def test_what_is_there_is_not_missed(tmp_path: Path, source: str, installed: str) -> None:
    found = told(tmp_path, {"main.py": f"{source}\n"}, installed)
    assert not [text for text, sure in found if sure], found
    assert not any("79 MB" in text or "ggml" in text for text, _ in found), found
