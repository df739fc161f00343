namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A fault that the test server injects.</summary>
enum HubFault
{
    None,

    /// <summary>429 with <c>Retry-After: 0</c>.</summary>
    Busy,

    /// <summary>503.</summary>
    Down,

    /// <summary>The connection breaks in the middle of the body, that of the request in an upload.</summary>
    Cut,

    /// <summary>The body ends in the middle, without a Content-Length that would show it.</summary>
    Short,

    /// <summary>One byte is changed.</summary>
    WrongByte,

    /// <summary>The server sends half of the body, or reads half of an upload, then does nothing until the client disconnects.</summary>
    Stall,

    /// <summary>A range request is answered with the whole file.</summary>
    NoRanges,

    /// <summary>A valid range is answered with 416.</summary>
    NoSuchRange,

    /// <summary>The request is carried out, and the connection breaks before the response.</summary>
    Lost,

    /// <summary>403, as the storage answers once an upload URL has expired.</summary>
    Expired,
}
