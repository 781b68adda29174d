int settings_placeholder;
