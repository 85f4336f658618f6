//! Puts the headers of a stream where the muxer expects them.

use ffmpeg_next as ffmpeg;

use ffmpeg::{Packet, codec};

use crate::error::Result;

use super::super::libav;

/// Sets the headers for the muxer.
///
/// # Errors
/// [`VideoError::Libav`](crate::error::VideoError::Libav) if there is no memory.
pub fn set_extradata(parameters: &mut codec::Parameters, headers: &[u8]) -> Result<()> {
    const PADDING: usize = ffmpeg::ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    // SAFETY: what was there came from libav's allocator and so does what replaces it, with the padding of zeros that
    // libav wants behind; it is as long as is said, and nobody else has the parameters meanwhile.
    unsafe {
        let parameters = &mut *parameters.as_mut_ptr();
        let copy = ffmpeg::ffi::av_mallocz(headers.len() + PADDING).cast::<u8>();
        if copy.is_null() {
            return Err(libav("keep the headers")(ffmpeg::Error::from(ffmpeg::ffi::AVERROR(libc::ENOMEM))));
        }
        copy.copy_from_nonoverlapping(headers.as_ptr(), headers.len());
        ffmpeg::ffi::av_freep((&raw mut parameters.extradata).cast());
        parameters.extradata = copy;
        parameters.extradata_size = headers.len() as i32;
    }
    Ok(())
}

/// Drops a packet's side data, which the muxer might take for a change of the headers.
pub fn drop_side_data(packet: &mut Packet) {
    use ffmpeg::codec::packet::Mut;
    // SAFETY: the packet is alive and nobody else has it.
    unsafe { ffmpeg::ffi::av_packet_free_side_data(packet.as_mut_ptr()) }
}
