"""The containers that are opened, by the names of FFmpeg's demuxers, and their usual suffixes.

FFmpeg also has demuxers that read other files (playlists, ffconcat, DASH), devices (lavfi), the network
or pictures. Those are left out: a media file names no other file.
"""

# FFmpeg's own suffix lists can't be read without its library, and this module is imported for --help.
FORMATS: dict[str, str] = {
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4 m4a m4b m4r m4v mov qt 3gp 3gpp 3g2 mj2 psp isma ismv f4v f4a",
    "matroska,webm": "mkv mka mk3d webm weba",
    "wav": "wav wave bwf rf64",
    "w64": "w64",
    "flac": "flac",
    "mp3": "mp3 mp2 mpa m2a mpga",
    "ogg": "ogg oga ogv ogx opus spx",
    "aac": "aac adts",
    "loas": "loas latm",
    "ac3": "ac3",
    "ac4": "ac4",
    "eac3": "eac3 ec3",
    "dts": "dts",
    "dtshd": "dtshd",
    "mlp": "mlp",
    "truehd": "thd truehd",
    "avi": "avi divx",
    "asf": "asf wma wmv",
    "xwma": "xwma",
    "flv": "flv",
    "live_flv": "",
    "mpegts": "ts m2ts m2t mts",
    "mpeg": "mpg mpeg m2p vob",
    "amr": "amr",
    "amrnb": "",
    "amrwb": "awb",
    "gsm": "gsm",
    "g722": "g722 722",
    "g723_1": "tco rco g723_1",
    "g726": "",
    "g729": "g729",
    "sln": "sln",
    "sbc": "sbc msbc",
    "aptx": "aptx",
    "aptx_hd": "aptxhd",
    "lc3": "lc3",
    "codec2": "c2",
    "qcp": "qcp",
    "dss": "dss ds2",
    "shn": "shn",
    "nistsphere": "sph nist",
    "ircam": "sf ircam",
    "sox": "sox",
    "voc": "voc",
    "au": "au snd",
    "aiff": "aif aiff aifc afc",
    "caf": "caf",
    "avr": "avr",
    "pvf": "pvf",
    "hcom": "hcom",
    "wv": "wv",
    "wavarc": "wa",
    "tta": "tta",
    "ape": "ape apl mac",
    "mpc": "mpc",
    "mpc8": "",
    "tak": "tak",
    "osq": "osq",
    "qoa": "qoa",
    "dsf": "dsf",
    "iff": "dff iff",
    "wsd": "wsd",
    "iamf": "iamf",
    "oma": "oma omg aa3",
    "aa": "aa",
    "mmf": "mmf",
    "adx": "adx",
    "mxf": "mxf",
    "gxf": "gxf",
    "nut": "nut",
    "nuv": "nuv",
    "nsv": "nsv",
    "rm": "rm ra rmvb",
    "wtv": "wtv",
    "ty": "ty",
    "dv": "dv dif",
    "ivr": "ivr",
    "pva": "pva",
    "swf": "swf",
}
MEDIA_SUFFIXES = tuple(f".{suffix}" for suffixes in FORMATS.values() for suffix in suffixes.split())
OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}

# Demuxers whose timestamps were written by the muxer. Elsewhere they are counted from frames or bytes.
TIMED_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "ogg",
    "flac",
    "asf",
    "flv",
    "live_flv",
    "mpegts",
    "mpeg",
    "nut",
    "mxf",
    "rm",
    "wtv",
)
# Demuxers whose timestamps may start over within a file.
RESTARTING_FORMATS = ("ogg", "mpegts", "mpeg")
# Demuxers that report the length which is written in the header of the stream.
STREAM_LENGTH_FORMATS = (
    *("mov,mp4,m4a,3gp,3g2,mj2", "mxf", "rm"),
    *("aiff", "ape", "dsf", "flac", "tak", "tta", "wv"),
)
# ... of the file as a whole.
FILE_LENGTH_FORMATS = ("matroska,webm", "flv")
# Suffixes of notes, lists and leftovers that lie beside media and hold no sound.
NOTE_SUFFIXES = frozenset(
    (
        *(".txt", ".md", ".csv", ".tsv", ".json", ".yaml", ".yml", ".xml", ".html", ".pdf", ".docx", ".rtf"),
        *(".log", ".md5", ".sha1", ".sha256", ".ini", ".db", ".url", ".py", ".sh", ".ipynb"),
    )
)
