namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>How a hub misbehaves.</summary>
enum HubFault
{
    None,

    /// <summary>429 with <c>Retry-After: 0</c>.</summary>
    Busy,

    /// <summary>503.</summary>
    Down,

    /// <summary>The connection ends in the middle of the body.</summary>
    Cut,

    /// <summary>The body ends in the middle, as if it were whole: nothing says how long it is.</summary>
    Short,

    /// <summary>One byte is another.</summary>
    WrongByte,

    /// <summary>Nothing comes any more after half of the body, until the other side leaves.</summary>
    Stall,

    /// <summary>A part is answered with the whole.</summary>
    NoRanges,

    /// <summary>A part that is there is said not to be (416).</summary>
    NoSuchRange,
}
