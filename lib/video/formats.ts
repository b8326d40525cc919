/** Which formats ffmpeg may open a file as, and what is said of a file in another one. Opens nothing. */

/**
 * Those that hold their own pictures, by the names of ffmpeg's demuxers; sound is among them, so that a song is told
 * from a broken video. What is not here could be a list that has ffmpeg open other files of this machine, or a script.
 * ffmpeg compares before it reads on, in probing and in decoding.
 */
const FORMATS = [
  "mov mp4 matroska webm avi asf flv live_flv kux mpegts mpeg mxf gxf ogg nut rm ivf ivr wtv dhav nsv pva ty vivo",
  "h261 h263 h264 hevc vvc m4v mpegvideo cavsvideo avs2 avs3 av1 obu dirac vc1 vc1test mjpeg mjpeg_2000 ingenient dv dnxhd",
  "yuv4mpegpipe smjpeg ser cine r3d lxf simbiosis_imx filmstrip flic gif apng swf frm ipu mods mpjpeg mtv",
  "4xm bfi bink c93 cdxl dxa ea film_cpk gdv idcin ipmovie jv roq rpl siff smk smush thp wc3movie wsvqa xmv yop",
  "image2 image2pipe ico iff fits alias_pix brender_pix",
  "bmp_pipe cri_pipe dds_pipe dpx_pipe exr_pipe gem_pipe gif_pipe hdr_pipe j2k_pipe jpeg_pipe jpegls_pipe jpegxl_pipe",
  "jpegxl_anim pam_pipe pbm_pipe pcx_pipe pfm_pipe pgm_pipe pgmyuv_pipe pgx_pipe phm_pipe photocd_pipe pictor_pipe",
  "png_pipe ppm_pipe psd_pipe qdraw_pipe qoi_pipe sgi_pipe sunrast_pipe tiff_pipe vbn_pipe webp_pipe xbm_pipe xpm_pipe",
  "xwd_pipe aac ac3 aiff amr ape au caf dts eac3 flac mp3 tta w64 wav wv",
].flatMap((line) => line.split(" "));

/** Options before an input of ffmpeg or ffprobe: the file that is named, in a format that is known, and nothing else. */
export const OWN_PICTURES: readonly string[] = [
  "-protocol_whitelist",
  "file",
  "-format_whitelist",
  FORMATS.join(","),
];

/** What is said of a drawing, whatever it is called: image2 above takes one by its name. */
export const DRAWING = "expected a picture, found a drawing (SVG), which can name other files";
/** ffprobe's name of what is drawn, not coded. */
export const DRAWN = "svg";
const DRAWING_START =
  /^(?:\xef\xbb\xbf)?(?:\s|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->)*<(?:!DOCTYPE\s+|\w+:)?svg[\s>/]/is;

/** Told by its first bytes; one that is packed, or whose comments are longer, is known to ffprobe alone. */
export function isDrawing(start: Uint8Array): boolean {
  return DRAWING_START.test(Buffer.from(start).toString("latin1"));
}

const LISTS = new Set("hls applehttp dash concat imf sdp webm_dash_manifest".split(" "));
const RAW = new Set("rawvideo bitpacked v210 v210x".split(" "));
const RAW_ENDING = /\.(yuv|rgb|bgr|raw|y|cif|qcif|nv12|nv21|i420|yv12|p010|v210)$/i;
const RAW_NEEDS =
  "raw pictures do not say their size, rate and pixel format; give them to ffmpeg once, into a file that does: ffmpeg -f rawvideo -video_size 1920x1080 -framerate 25 -pixel_format yuv420p -i RAW FILE.y4m";

/**
 * What to say of a file that was refused for its format, or that nothing could be made of; null where neither its name
 * nor what ffprobe wrote tells why.
 *
 * @param left  what its first bytes say that it is; ffprobe may guess at worse.
 */
export function refusedFormat(file: string, stderr = "", left: string | null = null): string | null {
  const [, format = ""] = /^\[(\S+) @ [^\]]*\] Format not on whitelist/m.exec(stderr) ?? [];
  if (LISTS.has(format))
    return `a list of other files (ffprobe calls it ${format}), and only a file's own pictures are read; join what it lists into one file first: ffmpeg -i LIST -c copy FILE.mkv`;
  if (RAW.has(format) || RAW_ENDING.test(file)) return RAW_NEEDS;
  if (left !== null) return `expected a video, found ${left}`;
  if (format === "") return null;
  return `expected a video, and ffprobe takes it for ${format}, which is not among the formats that hold their own pictures; if it is one, convert it: ffmpeg -i FILE -c:v ffv1 FILE.mkv`;
}
