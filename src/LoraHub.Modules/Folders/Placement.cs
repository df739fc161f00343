namespace LoraHub.Modules.Folders;

public enum Placement
{
    /// <summary>A version of a name that is new.</summary>
    New,

    /// <summary>Another version of a name that was there.</summary>
    NewVersion,

    /// <summary>The name has had these bytes before.</summary>
    Known,
}
