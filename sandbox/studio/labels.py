"""Labels of generated pictures: a visible watermark, the AI label (XMP) and camera data (EXIF)."""

from __future__ import annotations

from functools import lru_cache

from PIL import ExifTags, Image, ImageDraw, ImageFont

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about=""'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    f' Iptc4xmpExt:DigitalSourceType="{DIGITAL_SOURCE_TYPE}"'
    ' xmp:CreatorTool="Headshot sandbox"/>'
    "</rdf:RDF></x:xmpmeta>"
    '<?xpacket end="w"?>'
).encode()


@lru_cache(maxsize=1)
def build_camera_exif() -> bytes:
    """Build EXIF data with a fictitious camera and a location in the North Atlantic.

    Tests use it to prove that copies of the original have no camera data and no location.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Sandbox"
    exif[ExifTags.Base.Model] = "Imaginary Camera 1"
    exif[ExifTags.Base.Software] = "Headshot sandbox"
    exif[ExifTags.Base.Artist] = "Sandbox Photographer"
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (48.0, 30.0, 0.0)
    gps[ExifTags.GPS.GPSLongitudeRef] = "W"
    gps[ExifTags.GPS.GPSLongitude] = (27.0, 15.0, 0.0)
    return exif.tobytes()


def draw_watermark(picture: Image.Image) -> None:
    """Draw the watermark into the lower right corner, in place."""
    mark = _render_watermark(max(8, round(picture.width * 0.0185)))
    margin = round(picture.width * 0.022)
    position = (picture.width - mark.width - margin, picture.height - mark.height - margin)
    picture.paste(mark.convert("RGB"), position, mark.getchannel("A"))


@lru_cache(maxsize=8)
def _render_watermark(size: int) -> Image.Image:
    font = ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox("sandbox")
    pad = max(3, size // 3)
    mark_size = (round(right - left) + 2 * pad + size // 2, round(bottom - top) + 2 * pad)
    mark = Image.new("RGBA", mark_size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(mark)
    pen.rounded_rectangle((0, 0, mark_size[0] - 1, mark_size[1] - 1), radius=mark_size[1] // 2, fill=(20, 20, 20, 92))
    pen.text((pad + size // 4 - left, pad - top), "sandbox", font=font, fill=(255, 255, 255, 215))
    return mark
