namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A fault that the test server injects.</summary>
enum HubFault
{
    None,

    /// <summary>429 with <c>Retry-After: 0</c>.</summary>
    Busy,

    /// <summary>503.</summary>
    Down,

    /// <summary>The connection breaks in the middle of the body.</summary>
    Cut,

    /// <summary>The body ends in the middle, without a Content-Length that would show it.</summary>
    Short,

    /// <summary>One byte is changed.</summary>
    WrongByte,

    /// <summary>The server sends half of the body, then nothing until the client disconnects.</summary>
    Stall,

    /// <summary>A range request is answered with the whole file.</summary>
    NoRanges,

    /// <summary>A valid range is answered with 416.</summary>
    NoSuchRange,
}
